//! Proves that exports of 14 locales and ten HRIS styles are read to the truth, or refused with the mend, and that none is read wrong.
//!
//! In: a generator that makes a small true workforce for each company and writes it as its locale and its HRIS would. Out: what a run stores, the
//! companies' own figures, and what is said. Invariant: with all declarations the store holds the truth; with one kind of declaration left out it
//! holds rows of the truth or nothing, and the message names the mend; no message shows an ID, a title or an amount. All people are invented.
//!
//! Left out of the second part, since no program can notice them: `pays_per_year` (a twelfth of a year is pay as well) and the pay basis and
//! currency under `[defaults]`. Days above 12 occur in every export, so that dates with day and month interchanged are noticed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use arrow::array::{
    Array, BooleanArray, Decimal128Array, FixedSizeBinaryArray, Float64Array, Int32Array, RecordBatch, StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use jiff::civil::Date;

use crate::desk::{Desk, Dice, Outcome, entries, parquet};

/// How a country writes.
#[derive(Clone, Copy)]
struct Locale {
    name: &'static str,
    language: usize,
    currency: &'static str,
    /// Pay of a year that is usual there.
    usual: i64,
    decimal: char,
    /// Between thousands, and the word of the pipeline for it.
    thousands: &'static str,
    declared: &'static str,
    lakh: bool,
    /// The mark of the currency before and behind an amount.
    marks: [&'static str; 2],
    dates: &'static str,
    legacy: &'static str,
    salaries: i64,
}

const NBSP: &str = "\u{a0}";
const NARROW: &str = "\u{202f}";
const EN: usize = 0;
const DE: usize = 1;
const JA: usize = 9;
const PL: usize = 7;

const fn locale(name: &'static str, language: usize, currency: &'static str, usual: i64) -> Locale {
    Locale {
        name,
        language,
        currency,
        usual,
        decimal: ',',
        thousands: ".",
        declared: ".",
        lakh: false,
        marks: ["", "\u{a0}€"],
        dates: "DD/MM/YYYY",
        legacy: "windows-1252",
        salaries: 12,
    }
}

const ENGLISH: Locale = Locale { decimal: '.', thousands: ",", declared: ",", ..locale("", EN, "", 0) };

fn locales() -> [Locale; 14] {
    [
        Locale { name: "en-US", currency: "USD", usual: 70_000, marks: ["$", ""], dates: "MM/DD/YYYY", ..ENGLISH },
        Locale { name: "en-GB", currency: "GBP", usual: 42_000, marks: ["£", ""], ..ENGLISH },
        Locale { dates: "DD.MM.YYYY", ..locale("de-DE", DE, "EUR", 52_000) },
        Locale {
            decimal: '.',
            thousands: "\u{2019}",
            declared: "'",
            marks: ["CHF\u{a0}", ""],
            dates: "DD.MM.YYYY",
            ..locale("de-CH", DE, "CHF", 88_000)
        },
        Locale { marks: ["€\u{a0}", ""], dates: "DD.MM.YYYY", salaries: 14, ..locale("de-AT", DE, "EUR", 49_000) },
        Locale { thousands: NARROW, declared: " ", ..locale("fr-FR", 2, "EUR", 43_000) },
        locale("it-IT", 3, "EUR", 36_000),
        locale("es-ES", 4, "EUR", 33_000),
        Locale { marks: ["€\u{a0}", ""], dates: "DD-MM-YYYY", ..locale("nl-NL", 5, "EUR", 47_000) },
        Locale {
            thousands: NBSP,
            declared: " ",
            marks: ["", "\u{a0}kr"],
            dates: "YYYY-MM-DD",
            ..locale("sv-SE", 6, "SEK", 460_000)
        },
        Locale {
            thousands: NBSP,
            declared: " ",
            marks: ["", "\u{a0}zł"],
            dates: "DD.MM.YYYY",
            legacy: "windows-1250",
            ..locale("pl-PL", PL, "PLN", 96_000)
        },
        Locale { marks: ["R$\u{a0}", ""], ..locale("pt-BR", 8, "BRL", 84_000) },
        Locale {
            name: "en-IN",
            currency: "INR",
            usual: 1_300_000,
            lakh: true,
            marks: ["₹", ""],
            dates: "DD-MM-YYYY",
            legacy: "utf-8",
            ..ENGLISH
        },
        Locale {
            name: "ja-JP",
            language: JA,
            currency: "JPY",
            usual: 5_200_000,
            marks: ["¥", ""],
            dates: "YYYY/MM/DD",
            legacy: "shift_jis",
            ..ENGLISH
        },
    ]
}

/// Headers by language: employee ID, position, title, gender, hired, left, reason, hours, part, pay basis, pay, variable pay, currency, paid in
/// full, day of the snapshot.
#[rustfmt::skip]
const HEADERS: [[&str; 15]; 10] = [
    [
        "Employee Number", "Position Number", "Job Title", "Gender", "Hire Date", "Termination Date",
        "Termination Reason", "Weekly Hours", "FTE", "Pay Frequency", "Base Salary", "Bonus", "Currency",
        "Paid In Full", "Snapshot Date",
    ],
    [
        "Personalnummer", "Planstelle", "Stellenbezeichnung", "Geschlecht", "Eintrittsdatum", "Austrittsdatum",
        "Austrittsgrund", "Wochenstunden", "Beschäftigungsgrad", "Zahlungsrhythmus", "Grundentgelt", "Prämie",
        "Währung", "Volle Bezüge", "Stichtag",
    ],
    [
        "Matricule", "N° de poste", "Intitulé de l'emploi", "Sexe", "Date d'entrée", "Date de sortie",
        "Motif de sortie", "Heures par semaine", "Taux d'activité", "Périodicité de paie", "Salaire de base",
        "Prime", "Devise", "Paie complète", "Date d'arrêté",
    ],
    [
        "Matricola", "Posizione", "Mansione", "Genere", "Data assunzione", "Data cessazione", "Motivo cessazione",
        "Ore settimanali", "Quota di tempo pieno", "Periodicità", "Retribuzione base", "Premio", "Valuta",
        "Retribuzione piena", "Data di riferimento",
    ],
    [
        "Número de empleado", "Puesto nº", "Denominación del puesto", "Sexo", "Fecha de alta", "Fecha de baja",
        "Motivo de baja", "Horas semanales", "Grado de jornada", "Periodicidad", "Salario base", "Gratificación",
        "Moneda", "Paga íntegra", "Fecha de corte",
    ],
    [
        "Personeelsnummer", "Positienummer", "Functie", "Geslacht", "Datum in dienst", "Datum uit dienst",
        "Reden uit dienst", "Uren per week", "Deeltijdfactor", "Betaalperiode", "Basissalaris", "Bonus", "Valuta",
        "Volledig betaald", "Peildatum",
    ],
    [
        "Anställningsnummer", "Positionsnummer", "Befattning", "Kön", "Anställningsdatum", "Slutdatum",
        "Avgångsorsak", "Veckoarbetstid", "Sysselsättningsgrad", "Löneperiod", "Grundlön", "Rörlig lön", "Valuta",
        "Full lön", "Avstämningsdag",
    ],
    [
        "Numer pracownika", "Numer stanowiska", "Stanowisko", "Płeć", "Data zatrudnienia", "Data zwolnienia",
        "Przyczyna zwolnienia", "Godziny tygodniowo", "Wymiar etatu", "Okres płacowy", "Płaca zasadnicza",
        "Premia", "Waluta", "Pełna płaca", "Dzień stanu",
    ],
    [
        "Matrícula", "Posição", "Cargo", "Sexo", "Data de admissão", "Data de desligamento",
        "Motivo do desligamento", "Horas semanais", "Fração de jornada", "Periodicidade", "Salário base", "Bônus",
        "Moeda", "Pagamento integral", "Data-base",
    ],
    [
        "社員番号", "ポジション番号", "職種", "性別", "入社日", "退職日", "退職理由", "週所定労働時間", "常勤換算", "支払区分", "基本給", "賞与", "通貨", "満額支給",
        "基準日",
    ],
];

#[rustfmt::skip]
const CANONICAL: [&str; 15] = [
    "employee_id", "job_level", "job_family", "gender", "hire_date", "termination_date", "termination_reason",
    "weekly_hours", "fte", "pay_basis", "base_pay", "variable_pay", "currency", "full_pay", "period",
];

/// Headers of a city's list: whose, yearly pay, hourly pay.
#[rustfmt::skip]
const CITY: [[&str; 3]; 10] = [
    ["Name", "Annual Salary", "Hourly Rate"],
    ["Nachname", "Jahresgehalt", "Stundenlohn"],
    ["Nom de famille", "Salaire annuel", "Taux horaire"],
    ["Cognome", "Stipendio annuale", "Paga oraria"],
    ["Apellidos", "Salario anual", "Tarifa por hora"],
    ["Achternaam", "Jaarsalaris", "Uurloon"],
    ["Efternamn", "Årslön", "Timlön"],
    ["Nazwisko", "Płaca roczna", "Stawka godzinowa"],
    ["Sobrenome", "Salário anual", "Valor por hora"],
    ["氏名", "年収", "時給"],
];

/// Words by language: women, men, neither; by the hour, month, year; yes, no; three reasons; a total.
#[rustfmt::skip]
const WORDS: [[&str; 12]; 10] = [
    [
        "Female", "Male", "Non-binary", "Per Hour", "Per Month", "Per Year", "Yes", "No", "Resignation", "Layoff",
        "Retirement", "Grand Total",
    ],
    [
        "weiblich", "männlich", "divers", "je Stunde", "je Monat", "je Jahr", "ja", "nein", "Eigenkündigung",
        "Arbeitgeberkündigung", "Altersrente", "Gesamtergebnis",
    ],
    [
        "Femme", "Homme", "Non précisé", "à l'heure", "au mois", "à l'année", "oui", "non", "Démission",
        "Licenciement", "Retraite", "Total général",
    ],
    [
        "Donna", "Uomo", "Altro", "a ore", "al mese", "all'anno", "sì", "no", "Dimissioni", "Licenziamento",
        "Pensione", "Totale complessivo",
    ],
    [
        "Mujer", "Hombre", "No binario", "por hora", "por mes", "por año", "sí", "no", "Renuncia", "Despido",
        "Jubilación", "Total general",
    ],
    [
        "Vrouw", "Man", "Anders", "per uur", "per maand", "per jaar", "ja", "nee", "Eigen ontslag",
        "Ontslag werkgever", "Pensioen", "Eindtotaal",
    ],
    [
        "Kvinna", "Man", "Annat", "per timme", "per månad", "per år", "ja", "nej", "Egen uppsägning",
        "Arbetsbrist", "Ålderspension", "Totalsumma",
    ],
    [
        "Kobieta", "Mężczyzna", "Inna", "za godzinę", "za miesiąc", "za rok", "tak", "nie", "Odejście własne",
        "Zwolnienie", "Emerytura", "Suma końcowa",
    ],
    [
        "Feminino", "Masculino", "Outro", "por hora", "por mês", "por ano", "sim", "não", "Pedido próprio",
        "Dispensa", "Aposentadoria", "Total geral",
    ],
    ["女性", "男性", "その他", "時間給", "月給", "年俸", "はい", "いいえ", "自己都合", "会社都合", "定年", "合計"],
];

/// Titles with the letters of a language; all of them can be written in its old encoding.
#[rustfmt::skip]
const TITLES: [[&str; 2]; 10] = [
    ["Bakery Assistant", "Night Porter"],
    ["Türöffner für Züge", "Küchengehilfe groß"],
    ["Aide-soignant été", "Maçon façade"],
    ["Addetto qualità", "Perché tecnico"],
    ["Albañil señalización", "Jardinería técnica"],
    ["Coördinator magazijn", "Privé chauffeur"],
    ["Förrådsansvarig", "Kökspersonal åäö"],
    ["Ślusarz łożysk", "Żeglarz źródeł"],
    ["Técnico de manutenção", "Operação caminhão"],
    ["ソフト表計算係", "溶接工能力主任"],
];

/// Names of months as databases write them, by language.
#[rustfmt::skip]
const MONTHS: [[&str; 12]; 10] = [
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    ["JAN", "FEB", "MRZ", "APR", "MAI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEZ"],
    ["JANV.", "FÉVR.", "MARS", "AVR.", "MAI", "JUIN", "JUIL.", "AOÛT", "SEPT.", "OCT.", "NOV.", "DÉC."],
    ["GEN", "FEB", "MAR", "APR", "MAG", "GIU", "LUG", "AGO", "SET", "OTT", "NOV", "DIC"],
    ["ENE", "FEB", "MAR", "ABR", "MAY", "JUN", "JUL", "AGO", "SEP", "OCT", "NOV", "DIC"],
    ["JAN", "FEB", "MRT", "APR", "MEI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEC"],
    ["JAN", "FEB", "MARS", "APR", "MAJ", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEC"],
    ["STY", "LUT", "MAR", "KWI", "MAJ", "CZE", "LIP", "SIE", "WRZ", "PAŹ", "LIS", "GRU"],
    ["JAN", "FEV", "MAR", "ABR", "MAI", "JUN", "JUL", "AGO", "SET", "OUT", "NOV", "DEZ"],
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Quotes {
    All,
    Minimal,
    /// Marks of inches stand as they are.
    Inches,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Numbers {
    /// With marks between thousands and two decimals.
    Grouped,
    /// Whole, with marks between thousands.
    Whole,
    /// With the decimal mark of the locale alone.
    Bare,
    /// With a decimal point, wherever it is.
    Machine,
}

/// How an HRIS writes.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent habits of one system")]
struct Style {
    name: &'static str,
    /// Whether its headers and words are of the language.
    local: bool,
    quotes: Quotes,
    numbers: Numbers,
    /// Whether amounts have the mark of their currency, or its code behind them.
    marked: bool,
    coded: bool,
    /// Its form of dates where it is not the locale's; `short` is that with two digits for the year.
    dates: Option<&'static str>,
    /// What stands behind a date.
    time: &'static str,
    /// What it writes for no end: in the form of its dates where that is 9999, else as it stands.
    open: &'static str,
    encoding: &'static str,
    line_end: &'static str,
    delimiter: char,
    /// Whether a line `sep=` and rows of titles stand above the header, and a total at the end.
    by_hand: bool,
    /// Women, men, neither; by the hour, month, year; yes, no. Those of the language where it has none.
    words: Option<[&'static str; 8]>,
}

const PLAIN: [&str; 8] = ["F", "M", "X", "Hourly", "Monthly", "Annual", "Yes", "No"];

const STYLE: Style = Style {
    name: "",
    local: false,
    quotes: Quotes::Minimal,
    numbers: Numbers::Grouped,
    marked: false,
    coded: false,
    dates: None,
    time: "",
    open: "",
    encoding: "utf-8",
    line_end: "\n",
    delimiter: ',',
    by_hand: false,
    words: Some(PLAIN),
};

const STYLES: [Style; 10] = [
    Style { name: "workday", quotes: Quotes::All, ..STYLE },
    Style {
        name: "sap",
        local: true,
        quotes: Quotes::Inches,
        open: "9999",
        encoding: "legacy",
        line_end: "\r\n",
        delimiter: '\t',
        words: Some(["2", "1", "3", "STD", "MON", "JHR", "X", "-"]),
        ..STYLE
    },
    Style {
        name: "adp",
        numbers: Numbers::Bare,
        dates: Some("short"),
        encoding: "legacy",
        line_end: "\r\n",
        words: Some(["F", "M", "X", "Hrly", "Mthly", "Salary", "Y", "N"]),
        ..STYLE
    },
    Style {
        name: "datev",
        local: true,
        quotes: Quotes::Inches,
        numbers: Numbers::Bare,
        dates: Some("DDMMYYYY"),
        open: "00000000",
        encoding: "legacy",
        line_end: "\r\n",
        delimiter: ';',
        words: None,
        ..STYLE
    },
    Style {
        name: "personio",
        local: true,
        numbers: Numbers::Whole,
        dates: Some("YYYY-MM-DD"),
        encoding: "bom",
        delimiter: ';',
        words: None,
        ..STYLE
    },
    Style { name: "bamboohr", coded: true, dates: Some("YYYY-MM-DD"), open: "0000-00-00", ..STYLE },
    Style {
        name: "oracle",
        quotes: Quotes::Inches,
        numbers: Numbers::Machine,
        dates: Some("DD-MON-YYYY"),
        open: "4712",
        encoding: "utf-16le",
        delimiter: '|',
        ..STYLE
    },
    Style {
        name: "ukg",
        marked: true,
        time: " 00:00:00",
        encoding: "wide",
        line_end: "\r\n",
        quotes: Quotes::All,
        ..STYLE
    },
    Style {
        name: "excel",
        local: true,
        marked: true,
        open: "-",
        encoding: "legacy",
        line_end: "\r",
        delimiter: ';',
        by_hand: true,
        words: None,
        ..STYLE
    },
    Style {
        name: "city",
        local: true,
        marked: true,
        encoding: "city",
        line_end: "\r\n",
        by_hand: true,
        words: None,
        ..STYLE
    },
];

/// One kind of declaration, or its lack.
type Kind = &'static str;

/// The truth of an employee; amounts are in cents, hours in hundredths.
struct Person {
    id: String,
    key: String,
    title: String,
    gender: usize,
    hired: Date,
    left: Option<(Date, usize)>,
    hours: i64,
    part: i64,
    basis: usize,
    pay: i64,
    variable: Option<i64>,
    full: bool,
}

const GENDERS: [&str; 3] = ["F", "M", "X"];
const BASES: [&str; 3] = ["hour", "month", "year"];
const REASONS: [&str; 3] = ["voluntary", "involuntary", "other"];
const EMPLOYEES: usize = 24;

/// An export and its truth.
struct Export {
    company: String,
    locale: Locale,
    style: Style,
    people: Vec<Person>,
    bytes: Vec<u8>,
    /// The lines of its format.
    format: Vec<(Kind, String)>,
    /// Texts that no message may show.
    secrets: Vec<String>,
}

impl Person {
    fn new(place: usize, locale: Locale, style: Style, dice: &mut Dice) -> Self {
        let number = 410_000 + 997 * place + dice.below(900);
        // The first two would be one person without their zeros.
        let id = match place {
            0 => "0400001".to_owned(),
            1 => "400001".to_owned(),
            _ => format!("{number:07}"),
        };
        let local = TITLES[locale.language];
        let title = match place % 8 {
            0 => "Welder 5\" Pipe".to_owned(),
            1 => "Clerk \"Night\" Shift".to_owned(),
            2 => "Driver, Class C; Depot | Yard".to_owned(),
            3 => format!("{}, 3/4\" {}", local[0], place),
            4 => "Fitter 12\"".to_owned(),
            _ => local[place % 2].to_owned(),
        };
        let whole = style.numbers == Numbers::Whole || locale.currency == "JPY";
        let cents = |amount: i64| if whole { amount / 100 * 100 } else { amount };
        let yearly = locale.usual * (70 + i64::try_from(dice.below(80)).expect("small"));
        let hours = [4_000, 3_850, 2_000, 3_075][dice.below(4)];
        let basis = if style.name == "city" { [0, 2, 2][place % 3] } else { [1, 2, 1, 0][place % 4] };
        let pay = match basis {
            0 => yearly / 52 * 100 / hours,
            1 => yearly / locale.salaries,
            _ => yearly,
        };
        let month = |dice: &mut Dice| i8::try_from(1 + dice.below(12)).expect("a month");
        let day = |dice: &mut Dice| i8::try_from(1 + dice.below(28)).expect("a day");
        let hired = Date::new(1988 + i16::try_from(dice.below(36)).expect("small"), month(dice), day(dice));
        let left = [3, 9, 14].iter().position(|&leaver| leaver == place).map(|reason| {
            (Date::new(2026, 7 + i8::try_from(reason % 2).expect("small"), 13 + day(dice) / 2).expect("a date"), reason)
        });
        Self {
            id,
            key: format!("P-{}", 1_000 + place),
            title,
            gender: [0, 1, 0, 1, 1, 0, 2][place % 7],
            hired: hired.expect("a date"),
            left,
            hours,
            part: hours * 100 / 4_000,
            basis,
            pay: cents(pay),
            variable: (place % 5 < 3).then(|| cents(if place % 5 == 1 { 0 } else { yearly / 13 })),
            full: place % 6 != 5,
        }
    }

    /// What is stored of pay: amount in 1/10,000, and its basis.
    fn stored_pay(&self, locale: Locale) -> (i64, &'static str) {
        if self.basis == 1 && locale.salaries != 12 {
            return (self.pay * 100 * locale.salaries, "year");
        }
        (self.pay * 100, BASES[self.basis])
    }

    /// Pay of a year, in 1/10,000.
    fn yearly(&self, locale: Locale) -> i64 {
        match self.stored_pay(locale) {
            (pay, "month") => pay * 12,
            (pay, "hour") => pay * self.hours * 52 / 100,
            (pay, _) => pay,
        }
    }
}

impl Locale {
    /// A number of hundredths, with so many decimals.
    fn number(self, hundredths: i64, decimals: usize, numbers: Numbers, legacy: bool) -> String {
        let (units, cents) = (hundredths / 100, hundredths % 100);
        let mark = if numbers == Numbers::Machine { '.' } else { self.decimal };
        let digits = units.to_string();
        let thousands = match self.thousands {
            NARROW if legacy => NBSP,
            mark => mark,
        };
        let mut text = String::new();
        for (place, digit) in digits.chars().enumerate() {
            let behind = digits.len() - place;
            let breaks = if self.lakh { behind == 3 || (behind > 3 && behind % 2 == 1) } else { behind % 3 == 0 };
            if place > 0 && breaks && matches!(numbers, Numbers::Grouped | Numbers::Whole) {
                text += thousands;
            }
            text.push(digit);
        }
        match decimals {
            0 => text,
            _ => format!("{text}{mark}{cents:02}"),
        }
    }
}

/// A date in a form; `MON` in the names of a language.
fn written(date: Date, form: &str, language: usize) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    let name = MONTHS[language][usize::try_from(month - 1).expect("a month")];
    let text = form.replace("YYYY", &format!("{year:04}")).replace("YY", &format!("{:02}", year % 100));
    let text = text.replace("DD", &format!("{day:02}"));
    if text.contains("MON") { text.replace("MON", name) } else { text.replace("MM", &format!("{month:02}")) }
}

impl Style {
    fn form(self, locale: Locale) -> String {
        match self.dates {
            Some("short") => locale.dates.replace("YYYY", "YY"),
            Some(form) => form.to_owned(),
            None => locale.dates.to_owned(),
        }
    }

    fn delimiter(self, locale: Locale) -> char {
        if self.by_hand { if locale.decimal == ',' { ';' } else { ',' } } else { self.delimiter }
    }

    fn headers(self, locale: Locale) -> Vec<&'static str> {
        HEADERS[if self.local { locale.language } else { EN }].to_vec()
    }

    fn words(self, locale: Locale) -> [&'static str; 12] {
        let mut words = WORDS[locale.language];
        if let Some(own) = self.words {
            words[..8].copy_from_slice(&own);
        }
        words
    }

    fn encoding(self, locale: Locale) -> &'static str {
        match (self.encoding, locale.language) {
            ("legacy", _) => locale.legacy,
            ("city", PL) => "iso-8859-2",
            ("city", JA) => "euc-jp",
            ("city", _) => "bom",
            ("utf-16le", language) if language != EN => locale.legacy,
            (other, _) => other,
        }
    }

    /// What is written where there is no end.
    fn open_end(self, locale: Locale) -> String {
        match self.open {
            "9999" => written(Date::new(9999, 12, 31).expect("a date"), &self.form(locale), locale.language),
            "4712" => written(Date::new(4712, 12, 31).expect("a date"), &self.form(locale), locale.language),
            other => other.to_owned(),
        }
    }
}

/// The bytes of a text.
fn encoded(text: &str, encoding: &str) -> Vec<u8> {
    match encoding {
        "utf-8" => text.as_bytes().to_vec(),
        "bom" => format!("\u{feff}{text}").into_bytes(),
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "wide" => [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        label => {
            let (bytes, _, lossy) = encoding_rs::Encoding::for_label(label.as_bytes()).expect("a label").encode(text);
            assert!(!lossy, "{label} has no letter for some of {text}");
            bytes.into_owned()
        }
    }
}

impl Export {
    fn new(locale: Locale, style: Style, dice: &mut Dice) -> Self {
        let people: Vec<Person> = (0..EMPLOYEES).map(|place| Person::new(place, locale, style, dice)).collect();
        let mut export = Self {
            company: format!("{}-{}", locale.name, style.name),
            locale,
            style,
            people,
            bytes: Vec::new(),
            format: Vec::new(),
            secrets: Vec::new(),
        };
        export.write();
        export.declare();
        export
    }

    fn is_city(&self) -> bool {
        self.style.name == "city"
    }

    fn amount(&self, cents: i64) -> String {
        let Self { locale, style, .. } = self;
        let decimals = if style.numbers == Numbers::Whole || locale.currency == "JPY" { 0 } else { 2 };
        let legacy = style.encoding(*locale).contains('-') && !style.encoding(*locale).starts_with("utf");
        let number = locale.number(cents, decimals, style.numbers, legacy);
        match (style.marked, style.coded) {
            (true, _) => format!("{}{number}{}", locale.marks[0], locale.marks[1]),
            (_, true) => format!("{number} {}", locale.currency),
            _ => number,
        }
    }

    fn fields(&self, person: &Person) -> Vec<String> {
        let Self { locale, style, .. } = self;
        let words = style.words(*locale);
        let form = style.form(*locale);
        let date = |date: Date| format!("{}{}", written(date, &form, locale.language), style.time);
        let part = match style.name {
            "personio" if locale.language == EN => format!("{}%", person.part),
            "personio" if locale.language == JA => format!("{}%", person.part),
            "personio" => format!("{}{NBSP}%", person.part),
            _ => locale.number(person.part, 2, style.numbers, false),
        };
        let hours = locale.number(person.hours, 2, style.numbers, false);
        if self.is_city() {
            let yearly = if person.basis == 2 { self.amount(person.pay) } else { String::new() };
            let hourly = if person.basis == 0 { self.amount(person.pay) } else { String::new() };
            let gender = words[person.gender].to_owned();
            return vec![
                format!("DOE, {}", person.id),
                person.key.clone(),
                person.title.clone(),
                gender,
                hours,
                yearly,
                hourly,
            ];
        }
        vec![
            person.id.clone(),
            person.key.clone(),
            person.title.clone(),
            words[person.gender].to_owned(),
            date(person.hired),
            person.left.map_or_else(|| style.open_end(*locale), |(left, _)| date(left)),
            person.left.map_or_else(String::new, |(_, reason)| words[8 + reason].to_owned()),
            hours,
            part,
            words[3 + person.basis].to_owned(),
            self.amount(person.pay),
            person.variable.map_or_else(String::new, |cents| self.amount(cents)),
            locale.currency.to_owned(),
            words[if person.full { 6 } else { 7 }].to_owned(),
            date(Date::new(2026, 9, 30).expect("a date")),
        ]
    }

    fn headers(&self) -> Vec<&'static str> {
        let all = self.style.headers(self.locale);
        if self.is_city() {
            let [name, yearly, hourly] = CITY[self.locale.language];
            return vec![name, all[1], all[2], all[3], all[7], yearly, hourly];
        }
        all
    }

    fn write(&mut self) {
        let (locale, style) = (self.locale, self.style);
        let delimiter = style.delimiter(locale);
        let quoted = |field: &str| {
            let needs = match style.quotes {
                Quotes::All => true,
                Quotes::Minimal => field.contains(delimiter) || field.contains('"'),
                Quotes::Inches => field.contains(delimiter) || field.starts_with('"'),
            };
            if needs { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
        };
        let line = |fields: &[String]| {
            let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
            format!("{}{}", fields.join(&delimiter.to_string()), style.line_end)
        };
        let mut text = String::new();
        let headers: Vec<String> = self.headers().into_iter().map(str::to_owned).collect();
        let blank = |first: &str| {
            let mut fields = vec![String::new(); headers.len()];
            first.clone_into(&mut fields[0]);
            fields
        };
        if style.by_hand {
            if !self.is_city() {
                write!(text, "sep={delimiter}{}", style.line_end).expect("written");
            }
            text += &line(&blank("HR 2026"));
            text += &line(&blank(""));
        }
        text += &line(&headers);
        for (place, person) in self.people.iter().enumerate() {
            text += &line(&self.fields(person));
            if style.by_hand && place % 10 == 9 {
                text += style.line_end;
            }
        }
        if style.by_hand {
            let mut total = blank(WORDS[locale.language][11]);
            let at = if self.is_city() { 5 } else { 10 };
            total[at] = self.amount(self.people.iter().map(|person| person.pay).sum());
            text += &line(&blank(""));
            text += &line(&total);
        }
        self.bytes = encoded(&text, style.encoding(locale));
        for person in &self.people {
            self.secrets.extend([person.id.clone(), person.title.clone(), self.amount(person.pay)]);
            if locale.currency != "JPY" {
                self.secrets.push(format!("{}.{:02}", person.pay / 100, person.pay % 100));
            }
        }
        self.secrets.retain(|secret| secret.chars().count() >= 6);
    }

    fn declare(&mut self) {
        let (locale, style) = (self.locale, self.style);
        let mut format: Vec<(Kind, String)> = Vec::new();
        let encoding = style.encoding(locale);
        if !matches!(encoding, "utf-8" | "bom" | "wide") {
            format.push(("encoding", format!("encoding = \"{encoding}\"")));
        }
        if style.numbers != Numbers::Machine {
            if locale.decimal == ',' {
                format.push(("decimal", "decimal = \",\"".to_owned()));
            }
            if style.numbers != Numbers::Bare {
                format.push(("thousands", format!("thousands = \"{}\"", locale.declared)));
                if locale.lakh {
                    format.push(("grouping", "grouping = \"lakh\"".to_owned()));
                }
            }
        }
        if !self.is_city() {
            let form = style.form(locale);
            if form != "YYYY-MM-DD" {
                format.push(("dates", format!("dates = \"{form}\"")));
            }
            if form.contains("YY") && !form.contains("YYYY") {
                format.push(("year_pivot", "year_pivot = 30".to_owned()));
            }
            if !matches!(style.open, "" | "9999") {
                format.push(("open_end", format!("open_end = \"{}\"", style.open_end(locale))));
            }
            if locale.salaries != 12 {
                format.push(("pays_per_year", format!("pays_per_year = {}", locale.salaries)));
            }
        }
        if style.by_hand {
            format.push(("header_line", format!("header_line = {}", if self.is_city() { 3 } else { 4 })));
        }
        if self.is_city() {
            format.push(("identifiers", "identifiers = \"drop\"".to_owned()));
        }
        self.format = format;
    }
}

/// All exports, the same in every run.
fn exports() -> Vec<Export> {
    let mut dice = Dice(14);
    locales()
        .into_iter()
        .flat_map(|locale| STYLES.map(|style| (locale, style)))
        .map(|(locale, style)| Export::new(locale, style, &mut dice))
        .collect()
}

/// Sections of words: column, and the words that mean other ones.
fn words_of(locale: Locale) -> Vec<(Kind, String)> {
    let local = WORDS[locale.language];
    let mut sections: BTreeMap<Kind, BTreeMap<String, &str>> = BTreeMap::new();
    let mut add = |kind: Kind, word: &str, meaning: &'static str| {
        sections.entry(kind).or_default().insert(word.to_lowercase(), meaning);
    };
    for words in STYLES.map(|style| style.words(locale)).into_iter().chain([local]) {
        for place in 0..3 {
            if !GENDERS.contains(&words[place]) {
                add("words.gender", words[place], GENDERS[place]);
            }
            add("words.pay_basis", words[3 + place], BASES[place]);
            add("words.termination_reason", words[8 + place], REASONS[place]);
        }
        add("words.flags", words[6], "yes");
        add("words.flags", words[7], "no");
    }
    let line = |(kind, words): (Kind, BTreeMap<String, &str>)| {
        let words: Vec<String> = words.iter().map(|(word, meaning)| format!("{word:?} = {meaning:?}")).collect();
        (kind, format!("{} = {{ {} }}", kind.trim_start_matches("words."), words.join(", ")))
    };
    sections.into_iter().map(line).collect()
}

const MEASURES: &str = "\"base_annual\", \"variable_pay\", \"headcount\", \"women_representation\"";

/// A pipeline for exports of one locale, without one kind of declaration.
fn pipeline(exports: &[&Export], without: &[Kind]) -> String {
    let locale = exports[0].locale;
    let city = exports[0].is_city();
    let mut text = format!(
        "name = \"t\"\nperiod = \"quarter\"\n[input]\nuploads = \"uploads/*\"\ncompanies = \"companies.csv\"\n[defaults]\ncurrency = \"{}\"\n\
         standard_weekly_hours = 40\n[gender]\nwomen = [\"F\"]\nmen = [\"M\"]\n[dimensions]\nsector = {{ from = \"company.sector\" }}\n[[tables]]\n\
         name = \"t\"\nby = [\"sector\"]\ntotals = false\nmeasures = [\"base_annual\"]\n[company_metrics]\nby = []\nmeasures = [{MEASURES}]\n\
         [protection]\npreset = \"survey\"\n[columns]\n",
        locale.currency
    );
    for (place, canonical) in CANONICAL.iter().enumerate() {
        let headers: BTreeSet<&str> = [HEADERS[EN][place], HEADERS[locale.language][place]].into();
        let headers: Vec<String> = headers.into_iter().map(|header| format!("{header:?}")).collect();
        match *canonical {
            "employee_id" if city => text += "employee_id = \"none\"\n",
            "base_pay" if city => {
                let [_, yearly, hourly] = CITY[locale.language];
                // Where the words of the headers tell no pay basis, the pipeline does.
                let declared = matches!(locale.language, PL | JA) && !without.contains(&"pay_basis of headers");
                if declared {
                    writeln!(
                        text,
                        "base_pay = [{{ header = {yearly:?}, pay_basis = \"year\" }}, {{ header = {hourly:?}, pay_basis = \"hour\" }}]"
                    )
                    .expect("written");
                } else {
                    writeln!(text, "base_pay = [{yearly:?}, {hourly:?}]").expect("written");
                }
            }
            _ => writeln!(text, "{canonical} = [{}]", headers.join(", ")).expect("written"),
        }
    }
    text += "[words]\n";
    for (kind, line) in words_of(locale) {
        if !without.contains(&kind) {
            writeln!(text, "{line}").expect("written");
        }
    }
    for export in exports {
        writeln!(text, "[formats.{}]\nfiles = [\"**/{}.csv\"]", export.style.name, export.company).expect("written");
        for (kind, line) in &export.format {
            if *kind == "dates" && without.contains(&"interchanged") {
                let line = line.replace("DD", "??").replace("MM", "DD").replace("??", "MM");
                writeln!(text, "{line}").expect("written");
            } else if !without.contains(kind) {
                writeln!(text, "{line}").expect("written");
            }
        }
    }
    text
}

/// A desk with these exports, after a run of a pipeline over them.
fn ran(exports: &[&Export], pipeline: &str, more: &[&str]) -> (Desk, Outcome) {
    let desk = Desk::keyed();
    let mut register = "company_id,sector\n".to_owned();
    for export in exports {
        writeln!(register, "{},S1", export.company).expect("written");
        desk.write(&format!("uploads/{}.csv", export.company), &export.bytes);
    }
    desk.write("companies.csv", register);
    desk.write("t.toml", pipeline);
    let arguments = [&["--period", "2026-Q3"], more].concat();
    let outcome = desk.does("run", &desk.path("t.toml"), &arguments);
    (desk, outcome)
}

/// What a store has of a company, if anything.
fn stored(desk: &Desk, company: &str) -> Option<RecordBatch> {
    let folder = desk.workspace().join(format!("store/company={company}/period=2026-Q3"));
    let files: Vec<_> = entries(&folder).collect();
    (files.len() == 1).then(|| parquet(&files[0]))
}

/// A stored column as texts: amounts in 1/10,000, days since 1970.
fn texts(table: &RecordBatch, name: &str) -> Option<Vec<String>> {
    let column = table.column_by_name(name)?;
    let shown = |of: &dyn Array, text: &dyn Fn(usize) -> String| {
        (0..of.len()).map(|row| if of.is_valid(row) { text(row) } else { String::new() }).collect()
    };
    Some(match column.data_type() {
        DataType::Date32 => {
            let days = cast(column, &DataType::Int32).expect("days");
            let days = days.as_any().downcast_ref::<Int32Array>().expect("days");
            shown(days, &|row| days.value(row).to_string())
        }
        DataType::Boolean => {
            let flags = column.as_any().downcast_ref::<BooleanArray>().expect("flags");
            shown(flags, &|row| flags.value(row).to_string())
        }
        DataType::FixedSizeBinary(_) => {
            let bytes = column.as_any().downcast_ref::<FixedSizeBinaryArray>().expect("bytes");
            shown(bytes, &|row| format!("{:?}", bytes.value(row)))
        }
        DataType::Dictionary(..) | DataType::Utf8 => {
            let words = cast(column, &DataType::Utf8).expect("texts");
            let words = words.as_any().downcast_ref::<StringArray>().expect("texts");
            shown(words, &|row| words.value(row).to_owned())
        }
        _ => {
            let amounts = cast(column, &DataType::Decimal128(24, 4)).expect("amounts");
            let amounts = amounts.as_any().downcast_ref::<Decimal128Array>().expect("amounts");
            shown(amounts, &|row| amounts.value(row).to_string())
        }
    })
}

/// What the store should have of a person, by column.
fn truth(
    export: &Export,
    person: &Person,
    pseudonyms: &BTreeMap<(String, String), String>,
) -> Vec<(&'static str, String)> {
    let days =
        |date: Date| date.since(Date::new(1970, 1, 1).expect("the epoch")).expect("a span").get_days().to_string();
    let (pay, basis) = person.stored_pay(export.locale);
    let mut truth = vec![
        ("job_family", person.title.clone()),
        ("gender", GENDERS[person.gender].to_owned()),
        ("weekly_hours", (person.hours * 100).to_string()),
        ("base_pay", pay.to_string()),
        ("pay_basis", basis.to_owned()),
    ];
    if !export.is_city() {
        truth.extend([
            ("hire_date", days(person.hired)),
            ("termination_date", person.left.map_or_else(String::new, |(left, _)| days(left))),
            ("termination_reason", person.left.map_or_else(String::new, |(_, reason)| REASONS[reason].to_owned())),
            ("fte", (person.part * 100).to_string()),
            ("variable_pay", person.variable.map_or_else(String::new, |cents| (cents * 100).to_string())),
            ("currency", export.locale.currency.to_owned()),
            ("full_pay", person.full.to_string()),
            ("pseudonym", pseudonyms[&(export.company.clone(), person.key.clone())].clone()),
        ]);
    }
    truth
}

/// What is stored of an export beside its truth: how many rows, and each difference.
fn compared(
    export: &Export,
    table: &RecordBatch,
    pseudonyms: &BTreeMap<(String, String), String>,
) -> (usize, BTreeSet<String>) {
    let mut wrong = BTreeSet::new();
    let Some(keys) = texts(table, "job_level") else {
        return (table.num_rows(), ["no column job_level".to_owned()].into());
    };
    let mut columns = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (row, key) in keys.iter().enumerate() {
        let Some(person) = export.people.iter().find(|person| person.key == *key) else {
            wrong.insert(format!("a row that is nobody: {key:?}"));
            continue;
        };
        if !seen.insert(key) {
            wrong.insert(format!("{key} twice"));
        }
        for (column, expected) in truth(export, person, pseudonyms) {
            match columns.entry(column).or_insert_with(|| texts(table, column)) {
                None => wrong.insert(format!("no column {column}")),
                Some(found) if found[row] != expected => {
                    wrong.insert(format!("{column} is {:?} where {expected:?} is right", found[row]))
                }
                Some(_) => false,
            };
        }
    }
    (keys.len(), wrong)
}

/// Everything that a run told of a company, and its private files of rejects and queries.
fn told_of(desk: &Desk, outcome: &Outcome, company: &str) -> String {
    let mut told: String = outcome
        .all()
        .lines()
        .filter(|line| line.contains(company))
        .fold(String::new(), |told, line| told + line + "\n");
    for folder in ["rejects", "queries/t"] {
        for file in entries(&desk.workspace().join(folder)) {
            if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(company)) {
                told += &fs::read_to_string(&file).expect("text");
            }
        }
    }
    told
}

/// Faults of everything that was told: texts of records in it.
fn shown(exports: &[&Export], desk: &Desk, outcome: &Outcome, faults: &mut Vec<String>) {
    for export in exports {
        let told = outcome.all() + &told_of(desk, outcome, &export.company);
        for secret in export.secrets.iter().filter(|secret| told.contains(secret.as_str())) {
            faults.push(format!("{}: {secret:?} was shown", export.company));
        }
    }
}

/// Pseudonyms of all people, by company and position: those that a plain export of the same people gives.
fn pseudonyms(exports: &[Export]) -> BTreeMap<(String, String), String> {
    let desk = Desk::keyed();
    let mut register = "company_id,sector\n".to_owned();
    let with_ids = || exports.iter().filter(|export| !export.is_city());
    for export in with_ids() {
        let rows: String = export
            .people
            .iter()
            .fold(String::new(), |rows, person| rows + &format!("{},{},1\n", person.id, person.key));
        desk.write(&format!("uploads/{}.csv", export.company), format!("employee_id,job_level,base_pay\n{rows}"));
        writeln!(register, "{},S1", export.company).expect("written");
    }
    desk.write("companies.csv", register);
    desk.write(
        "t.toml",
        "name = \"t\"\nperiod = \"quarter\"\n[input]\nuploads = \"uploads/*\"\ncompanies = \"companies.csv\"\n[defaults]\ncurrency = \"EUR\"\n\
         pay_basis = \"year\"\n[dimensions]\nsector = { from = \"company.sector\" }\n[[tables]]\nname = \"t\"\nby = [\"sector\"]\ntotals = false\n\
         measures = [\"base_annual\"]\n[protection]\npreset = \"survey\"\n",
    );
    desk.does("run", &desk.path("t.toml"), &["--period", "2026-Q3"]).ends_with(0);
    let mut found = BTreeMap::new();
    for export in with_ids() {
        let table = stored(&desk, &export.company).expect("stored");
        let (keys, names) =
            (texts(&table, "job_level").expect("keys"), texts(&table, "pseudonym").expect("pseudonyms"));
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), EMPLOYEES, "zeros in front tell people apart");
        found.extend(keys.into_iter().zip(names).map(|(key, name)| ((export.company.clone(), key), name)));
    }
    found
}

/// Own figures: mean and employees by company and measure.
fn figures(desk: &Desk) -> BTreeMap<(String, String), (f64, f64)> {
    let table = parquet(&entries(&desk.workspace().join("companies/t")).next().expect("own figures"));
    let (companies, measures) = (texts(&table, "company_id").expect("texts"), texts(&table, "measure").expect("texts"));
    let numbers = |name: &str| {
        let column = cast(table.column_by_name(name).expect("a column"), &DataType::Float64).expect("numbers");
        column.as_any().downcast_ref::<Float64Array>().expect("numbers").clone()
    };
    let (means, employees) = (numbers("mean"), numbers("n_employees"));
    let row = |row: usize| ((companies[row].clone(), measures[row].clone()), (means.value(row), employees.value(row)));
    (0..table.num_rows()).map(row).collect()
}

/// Asserts that own figures are those of the truth.
fn judge_figures(export: &Export, figures: &BTreeMap<(String, String), (f64, f64)>, faults: &mut Vec<String>) {
    let there: Vec<&Person> = export.people.iter().filter(|person| export.is_city() || person.left.is_none()).collect();
    #[expect(clippy::cast_precision_loss, reason = "amounts are far below 2^53")]
    let mean = |amounts: Vec<i64>| amounts.iter().sum::<i64>() as f64 / amounts.len() as f64;
    let pay = mean(there.iter().map(|person| person.yearly(export.locale)).collect()) / 10_000.0;
    let women = mean(there.iter().map(|person| i64::from(person.gender == 0)).collect());
    let mut expected = vec![("base_annual", pay), ("women_representation", women)];
    if !export.is_city() {
        expected.push(("variable_pay", mean(there.iter().filter_map(|person| person.variable).collect()) / 100.0));
    }
    for (measure, right) in expected {
        let found = figures.get(&(export.company.clone(), measure.to_owned()));
        if found.is_none_or(|(found, _)| (found - right).abs() > right.abs() * 1e-9) {
            faults.push(format!("{}: {measure} is {found:?} where {right} is right", export.company));
        }
    }
}

/// The exports of each locale, once with IDs and once the city's.
fn groups(exports: &[Export]) -> Vec<Vec<&Export>> {
    let mut groups: BTreeMap<(&str, bool), Vec<&Export>> = BTreeMap::new();
    for export in exports {
        groups.entry((export.locale.name, export.is_city())).or_default().push(export);
    }
    groups.into_values().collect()
}

#[test]
fn with_all_declarations_the_store_and_own_figures_are_the_truth() {
    let exports = exports();
    let pseudonyms = pseudonyms(&exports);
    let mut faults = Vec::new();
    for group in groups(&exports) {
        let (desk, outcome) = ran(&group, &pipeline(&group, &[]), &[]);
        shown(&group, &desk, &outcome, &mut faults);
        if outcome.code != 0 {
            faults.push(format!("{}: exit code {}\n{}", group[0].company, outcome.code, outcome.all()));
        }
        for export in &group {
            match stored(&desk, &export.company).map(|table| compared(export, &table, &pseudonyms)) {
                None => faults.push(format!(
                    "{}: nothing stored\n{}",
                    export.company,
                    told_of(&desk, &outcome, &export.company)
                )),
                Some((rows, wrong)) => {
                    if rows != EMPLOYEES {
                        faults.push(format!(
                            "{}: {rows} rows\n{}",
                            export.company,
                            told_of(&desk, &outcome, &export.company)
                        ));
                    }
                    faults.extend(wrong.into_iter().map(|wrong| format!("{}: {wrong}", export.company)));
                }
            }
        }
        if outcome.code == 0 {
            let figures = figures(&desk);
            for export in &group {
                judge_figures(export, &figures, &mut faults);
            }
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// What is left out together, and what a message about it names (one of them).
const LEFT_OUT: [(&[Kind], &[&str]); 15] = [
    (&["encoding"], &["`encoding`"]),
    (&["decimal"], &["`decimal`"]),
    (&["thousands"], &["`thousands`", "`thousands ="]),
    (&["decimal", "thousands"], &["`thousands`", "`thousands ="]),
    (&["grouping"], &["`grouping`"]),
    (&["dates"], &["`dates`"]),
    (&["interchanged"], &["`dates`"]),
    (&["open_end"], &["`open_end`"]),
    (&["header_line"], &["`header_line"]),
    (&["identifiers"], &["`identifiers ="]),
    (&["words.gender"], &["`[words]`", "[gender]"]),
    (&["words.pay_basis"], &["`[words]`"]),
    (&["words.flags"], &["`[words]`"]),
    (&["words.termination_reason"], &["`[words]`"]),
    (&["pay_basis of headers"], &["pay_basis"]),
];

/// Whether a declaration of a kind is made for an export.
fn declares(export: &Export, kind: Kind) -> bool {
    match kind {
        "interchanged" => {
            export.format.iter().any(|(kind, line)| *kind == "dates" && !line.contains("MON") && line.contains("YY"))
        }
        "pay_basis of headers" => export.is_city() && matches!(export.locale.language, PL | JA),
        "words.gender" => true,
        kind if kind.starts_with("words.") => !export.is_city(),
        kind => export.format.iter().any(|(declared, _)| *declared == kind),
    }
}

/// Judges a run without a kind of declaration; counts exports that were read to the truth, read in part, held and refused.
fn judge(
    exports: &[&Export],
    kinds: &[Kind],
    mends: &[&str],
    pseudonyms: &BTreeMap<(String, String), String>,
    counts: &mut [usize; 3],
    faults: &mut Vec<String>,
) {
    let (desk, outcome) = ran(exports, &pipeline(exports, kinds), &["--skip-refused"]);
    shown(exports, &desk, &outcome, faults);
    if !matches!(outcome.code, 0 | 3 | 8) {
        faults.push(format!("{} without {kinds:?}: exit code {}\n{}", exports[0].company, outcome.code, outcome.all()));
    }
    for export in exports {
        let (rows, wrong) = stored(&desk, &export.company)
            .map_or_else(|| (0, BTreeSet::new()), |table| compared(export, &table, pseudonyms));
        counts[if rows == EMPLOYEES {
            0
        } else if rows > 0 {
            1
        } else {
            2
        }] += 1;
        let told = told_of(&desk, &outcome, &export.company);
        faults.extend(wrong.into_iter().map(|wrong| format!("{} without {kinds:?}: {wrong}", export.company)));
        if rows != EMPLOYEES && !mends.iter().any(|mend| told.contains(mend)) {
            faults.push(format!("{} without {kinds:?}: {rows} rows, and none of {mends:?} in\n{told}", export.company));
        }
    }
}

#[test]
fn without_a_declaration_the_truth_is_read_or_nothing() {
    let exports = exports();
    let pseudonyms = pseudonyms(&exports);
    let mut faults = Vec::new();
    let mut counts = [0; 3];
    for group in groups(&exports) {
        for (kinds, mends) in LEFT_OUT {
            let declaring: Vec<&Export> =
                group.iter().copied().filter(|export| kinds.iter().all(|kind| declares(export, kind))).collect();
            if !declaring.is_empty() {
                judge(&declaring, kinds, mends, &pseudonyms, &mut counts, &mut faults);
            }
        }
    }
    println!("read to the truth, read in part, refused or held: {counts:?}");
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn years_of_two_digits_without_a_pivot_are_refused_before_any_file_is_read() {
    let exports = exports();
    for group in groups(&exports).into_iter().filter(|group| !group[0].is_city()) {
        let (desk, outcome) = ran(&group, &pipeline(&group, &["year_pivot"]), &["--skip-refused"]);
        outcome.ends_with(3).tells("add `year_pivot");
        assert!(!desk.workspace().join("store").exists(), "nothing is stored");
    }
}

/// A pipeline with sections of its own over one company, and a run of it over an upload.
fn ran_small(upload: &[u8], input: &str, sections: &str) -> (Desk, Outcome) {
    let desk = Desk::keyed();
    desk.write("companies.csv", "company_id,sector\nA,S1\n");
    desk.write("uploads/A.csv", upload);
    desk.write(
        "t.toml",
        format!(
            "name = \"t\"\nperiod = \"quarter\"\n[input]\nuploads = \"uploads/*\"\ncompanies = \"companies.csv\"\n{input}{sections}\n[dimensions]\n\
             sector = {{ from = \"company.sector\" }}\n[[tables]]\nname = \"t\"\nby = [\"sector\"]\ntotals = false\nmeasures = [\"headcount\"]\n\
             [protection]\npreset = \"survey\"\n"
        ),
    );
    let outcome = desk.does("run", &desk.path("t.toml"), &["--period", "2026-Q3"]);
    (desk, outcome)
}

/// What was read wrong, or refused without the mend, before the generator found it.
#[test]
fn smallest_cases_of_what_the_generator_found_are_refused_with_the_mend() {
    let none = "[columns]\nemployee_id = \"none\"\n[defaults]\ncurrency = \"EUR\"\npay_basis = \"year\"\n";
    let euros = "[defaults]\ncurrency = \"EUR\"\npay_basis = \"year\"\n";
    let gender = "[columns]\ngender = \"Płeć\"\n";
    let two = "[columns]\nbase_pay = [\"年収\", \"時給\"]\n[defaults]\ncurrency = \"JPY\"\npay_basis = \"year\"\n";
    let wide: Vec<u8> = "employee_id\nE1\nE2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let polish = encoded("employee_id,Płeć\nE1,K\nE2,M\n", "windows-1250");
    let japanese = encoded("社員番号,base_pay\nE1,5\n", "shift_jis");
    for (upload, sections, told) in [
        (b"List,\n,\njob_level,base_pay\nL1,5\n".to_vec(), none, "line 3 has some: declare `header_line = 3`"),
        (b"Sum,\n,\nGrade,Salary\nL1,5\n".to_vec(), none, "no header is one of the pipeline"),
        (wide, euros, "declare `encoding`"),
        (polish, gender, "declare `encoding`"),
        (japanese, "[columns]\nemployee_id = \"社員番号\"\n", "declare `encoding`"),
        ("employee_id,base_pay\nE1,48\u{202f}000\n".into(), euros, "`thousands`"),
        ("employee_id,base_pay\nE1,48\u{2019}000\n".into(), euros, "`thousands`"),
        (b"employee_id,termination_date\nE1,31-DEC-4712\n".to_vec(), euros, "`open_end`"),
        ("employee_id,年収,時給\nE1,5000000,\nE2,,1500\n".into(), two, "pay_basis = \"hour\""),
        (
            "employee_id,\"Lön (tkr)\"\nE1,480\n".into(),
            "[columns]\nbase_pay = \"Lön\"\n[defaults]\ncurrency = \"SEK\"\n",
            "in thousands",
        ),
        (
            "employee_id,年収（千円）\nE1,4800\n".into(),
            "[columns]\nbase_pay = \"年収\"\n[defaults]\ncurrency = \"JPY\"\n",
            "in thousands",
        ),
    ] {
        let (desk, outcome) = ran_small(&upload, "", sections);
        let outcome = outcome.ends_with(3);
        let told_of_it = told_of(&desk, &outcome, "A") + &outcome.all();
        assert!(told_of_it.contains(told), "{told} is not in {told_of_it}");
        assert!(stored(&desk, "A").is_none());
    }
}

#[test]
fn smallest_cases_of_what_the_generator_found_are_read() {
    let words = "dates = \"MON DD YYYY\"\n";
    let clock = "dates = \"MM/DD/YYYY\"\n";
    let dates = "dates = \"DD-MON-YYYY\"\nencoding = \"windows-1252\"\n";
    for (upload, input, currency, column, expected) in [
        (
            encoded("employee_id,base_pay\nE1,¥350\n", "shift_jis"),
            "encoding = \"shift_jis\"\n",
            "JPY",
            "base_pay",
            "3500000",
        ),
        (encoded("employee_id,fte\nE1,80\u{a0}%\n", "utf-8"), "", "EUR", "fte", "8000"),
        (
            encoded("employee_id,fte\nE1,80\u{a0}%\n", "windows-1252"),
            "encoding = \"windows-1252\"\n",
            "EUR",
            "fte",
            "8000",
        ),
        (encoded("employee_id,hire_date\nE1,01-FÉVR.-1970\n", "windows-1252"), dates, "EUR", "hire_date", "31"),
        (encoded("employee_id,hire_date\nE1,01-Jän.-1970\n", "windows-1252"), dates, "EUR", "hire_date", "0"),
        (b"employee_id,hire_date\nE1,\"Feb 1, 1970\"\n".to_vec(), words, "USD", "hire_date", "31"),
        (b"employee_id,hire_date\nE1,2/1/1970 12:00:00 AM\n".to_vec(), clock, "USD", "hire_date", "31"),
        ("employee_id,base_pay\nE1,5\nTotalsumma,5\n".into(), "max_reject_share = 0.0\n", "SEK", "base_pay", "50000"),
        ("employee_id,base_pay\nE1,5\n合計,5\n".into(), "", "JPY", "base_pay", "50000"),
    ] {
        let (desk, outcome) =
            ran_small(&upload, input, &format!("[defaults]\ncurrency = \"{currency}\"\npay_basis = \"year\"\n"));
        let table = stored(&desk, "A").unwrap_or_else(|| panic!("nothing stored: {}", outcome.all()));
        assert_eq!(texts(&table, column), Some(vec![expected.to_owned()]));
    }
}
