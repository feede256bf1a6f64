// Opens pages in a headless browser: on a phone and on a desk, in the light and in the dark, sorted and filtered by click and key.
// In: a browser, a folder for pictures, and pages. Out: pictures, and an exit code. It fails where a page asks for anything over a
// network, where the console tells of an error, where axe-core finds a violation, or where sorting and filtering do not work.
import fs from "node:fs";
import path from "node:path";
import puppeteer from "puppeteer-core";

const [browserPath, pictures, ...pages] = process.argv.slice(2);
const axe = fs.readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const browser = await puppeteer.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
let faults = 0;
const fault = (page, what) => { faults += 1; console.error(`${page}: ${what}`); };

for (const file of pages) {
  for (const [name, width, scheme] of [["phone", 390, "light"], ["desk", 1280, "light"], ["desk-dark", 1280, "dark"]]) {
    const label = `${path.basename(file)} (${name})`;
    const page = await browser.newPage();
    await page.setBypassCSP(true); // for axe-core alone: the page itself is loaded before it is put in
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    page.on("console", message => { if (["error", "warn"].includes(message.type())) fault(label, `console: ${message.text()}`); });
    page.on("pageerror", error => fault(label, `error: ${error.message}`));
    page.on("request", request => { if (!/^(file|data):/.test(request.url())) fault(label, `asks for ${request.url()}`); });
    await page.goto(`file://${path.resolve(file)}`);
    const width_of_page = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width_of_page > width) fault(label, `is ${width_of_page} wide on a screen of ${width}`);
    const picture = path.join(pictures, `${path.basename(file, ".html")}-${name}.png`);
    await page.screenshot({ path: picture, clip: { x: 0, y: 0, width, height: 2400 }, captureBeyondViewport: true });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] }));
    for (const it of violations) fault(label, `${it.id}: ${it.help}; ${it.nodes.slice(0, 3).map(node => node.target).join(" | ")}`);
    for (const table of await page.$$("table[data-sorts]")) await sorts(table, label);
    for (const input of await page.$$("input[data-filters]")) await filters(page, input, label);
    await page.close();
  }
}
await browser.close();
console.log(faults === 0 ? `${pages.length} pages: nothing to complain of` : `${faults} faults`);
process.exit(faults === 0 ? 0 : 1);

// The second number column, or the first column where there is none, is put in order by a click, and the other way by a key.
async function sorts(table, label) {
  const told = async () => table.evaluate(table => {
    const heads = [...table.tHead.rows[0].cells], numbers = heads.filter(head => head.classList.contains("number"));
    const column = heads.indexOf(numbers[1] ?? numbers[0] ?? heads[0]);
    const values = [...table.tBodies[0].rows].map(row => row.cells[column].dataset.value ?? row.cells[column].textContent.trim());
    return { sort: heads[column].getAttribute("aria-sort"), values: values.filter(Boolean), column, empty: values.indexOf("") };
  });
  const { column, values: before } = await told();
  const button = (await table.$$("thead button"))[column];
  await button.click();
  const up = await told();
  await button.focus();
  await table.frame.page().keyboard.press("Enter");
  const down = await told();
  const isNumber = up.values.every(value => !Number.isNaN(Number(value)));
  const order = (a, b) => isNumber ? Number(a) - Number(b) : a.localeCompare(b, "en");
  const inOrder = (values, sign) => values.every((value, place) => place === 0 || sign * order(values[place - 1], value) <= 0);
  if (up.sort !== "ascending" || !inOrder(up.values, 1)) fault(label, "a click does not sort a table");
  if (down.sort !== "descending" || !inOrder(down.values, -1)) fault(label, "a key does not sort a table the other way");
  if (down.values.length !== before.length) fault(label, "sorting loses rows");
  if (down.empty >= 0 && down.empty < down.values.length) fault(label, "what is withheld does not come last");
}

async function filters(page, input, label) {
  const shown = () => input.evaluate(input =>
    [...document.getElementById(input.dataset.filters).tBodies[0].rows].filter(row => !row.hidden).map(row => row.textContent));
  const all = (await shown()).length;
  const word = await input.evaluate(input => document.getElementById(input.dataset.filters).tBodies[0].rows[0].cells[0].textContent.split(" ")[0]);
  await input.click();
  await page.keyboard.type(word);
  const some = await shown();
  if (some.length === 0 || some.length > all || some.some(text => !text.toLowerCase().includes(word.toLowerCase()))) {
    fault(label, `looking for ${word} shows ${some.length} of ${all} rows`);
  }
  await page.keyboard.type(" there-is-no-such-thing");
  if ((await shown()).length !== 0) fault(label, "looking for nothing shows rows");
}
