// A headless Chromium that asks nobody for anything, and pages in it that are watched.

import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import fs from "node:fs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
export const WIDE = { width: 1360, height: 860 };
export const PHONE = { width: 390, height: 844 };

/** Starts it, with a profile of its own. */
export async function start(tools, pages) {
  const require = createRequire(path.resolve(tools, "package.json"));
  const { chromium } = require("playwright-core");
  const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  const executablePath = process.env.BROWSER_PROGRAM ?? "/usr/bin/chromium";
  const context = await chromium.launchPersistentContext("", { headless: true, executablePath, args: FLAGS });
  return { context, axe, pages };
}

/** Opens a page and hands it to a check; afterwards it must have said and asked nothing. */
export async function on(browser, name, { size = WIDE, scheme = "light", hash = "", kind = "html" }, check) {
  const page = await browser.context.newPage();
  const noise = [];
  page.on("console", (message) => noise.push(`console: ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => noise.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    noise.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  const url = pathToFileURL(path.resolve(browser.pages, `${name}.${kind}`)).href;
  page.on("request", (request) => {
    const asked = request.url();
    if (!asked.startsWith("data:") && asked.split("#")[0] !== url) noise.push(`request: ${asked}`);
  });
  try {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(url + hash);
    await check(page, noise);
    same(noise, [], "what the page said or asked");
  } finally {
    await page.close();
  }
}

/** What axe-core finds that is serious or critical. */
export async function findings(browser, page) {
  await page.evaluate(browser.axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const bad = violations.filter((it) => ["serious", "critical"].includes(it.impact));
  return bad.flatMap((it) => it.nodes.slice(0, 3).map((node) => `${it.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}

/** Fails unless two values are the same. */
export function same(found, expected, what) {
  const [left, right] = [found, expected].map((it) => JSON.stringify(it));
  if (left !== right) throw new Error(`${what}\n  found    ${left}\n  expected ${right}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}

export const dataOf = (page) => page.evaluate(() => JSON.parse(document.getElementById("data").textContent));
export const cell = (page, handler, secret) =>
  page
    .locator("[role=row]", { has: page.locator("[role=rowheader]", { hasText: new RegExp(`${handler}$`) }) })
    .locator(`[role=gridcell][aria-colindex="${secret}"]`);
