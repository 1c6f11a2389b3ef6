// Runs every check over the pages of a directory: `node main.mjs PAGES TOOLS [SHOTS]`. `cargo xtask browser` does it.

import { start } from "./browser.mjs";
import { checks } from "./checks.mjs";
import { shots } from "./shots.mjs";

const [pages, tools, pictures] = process.argv.slice(2);
const browser = await start(tools, pages);
const wanted = Object.entries(checks).filter(([name]) => name.includes(process.env.BROWSER_FILTER ?? ""));
let failed = 0;
for (const [name, check] of wanted) {
  try {
    await check(browser);
    console.log(`  ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n       ${error.message}`);
  }
}
if (pictures) await shots(browser, pictures);
await browser.context.close();
console.log(`${wanted.length - failed} checks passed, ${failed} failed`);
process.exitCode = failed === 0 && wanted.length > 0 ? 0 : 1;
