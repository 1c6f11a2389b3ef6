// Pictures of what the page looks like, for people.

import path from "node:path";

import { on, PHONE, WIDE } from "./browser.mjs";

const SHOTS = {
  matrix: ["product", { scheme: "light" }, (page) => page.hover("h1")],
  details: ["product", { scheme: "light" }, (page) => page.locator("[role=gridcell].some").nth(3).click()],
  "matrix-dark": ["warehouse", { scheme: "dark" }, (page) => page.locator("[role=gridcell].some").nth(1).click()],
  list: ["warehouse", { hash: "#view=list" }, (page) => page.locator(".group button").nth(1).click()],
  graph: ["warehouse", { hash: "#view=graph" }, (page) => page.locator(".graph .line").nth(1).hover()],
  "graph-dark": ["product", { scheme: "dark", hash: "#view=graph" }, (page) => page.hover("h1")],
  large: ["large", {}, (page) => page.fill("#query", "service/4")],
  phone: ["product", { size: PHONE }, (page) => page.hover("h1")],
  "phone-details": ["warehouse", { size: PHONE, scheme: "dark" }, (page) => page.locator(".group button").nth(2).click()],
  "phone-matrix": ["product", { size: PHONE, hash: "#view=matrix" }, (page) => page.hover("h1")],
};

export async function shots(browser, directory) {
  for (const [name, [spec, look, act]] of Object.entries(SHOTS)) {
    await on(browser, spec, { size: WIDE, ...look }, async (page) => {
      await act(page);
      await page.waitForTimeout(200);
      await page.screenshot({ path: path.join(directory, `${name}.png`) });
    });
  }
}
