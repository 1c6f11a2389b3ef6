// What must hold of the page. Each check has a name and is alone with its page.

import { cell, dataOf, findings, holds, on, PHONE, same, WIDE } from "./browser.mjs";

const EVERY = ["product", "warehouse", "bakery", "hostile", "large", "empty"];
const LOOKS = [WIDE, PHONE].flatMap((size) => ["light", "dark"].map((scheme) => ({ size, scheme })));

const titles = (page) => page.locator("[role=columnheader] b").allTextContents();
const rows = (page) => page.locator("[role=rowheader] .name").allTextContents();
const focused = (page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.className);
const view = (page, name) => page.getByRole("button", { name, exact: true }).click();
const statements = async (page) =>
  (await page.locator("#details figure:has(figcaption) pre").allTextContents()).map((it) => JSON.parse(it));

async function fits(page, where) {
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  holds(wide <= seen, `${where}: the page is ${wide} wide, and ${seen} are seen`);
}

export const checks = {
  "every page fits its screen, light and dark, and says nothing": async (browser) => {
    for (const name of EVERY) {
      for (const look of LOOKS) {
        await on(browser, name, look, async (page) => {
          for (const shown of ["Matrix", "List", "Graph"]) {
            await view(page, shown);
            await fits(page, `${name}, ${shown}`);
          }
        });
      }
    }
  },

  "light and dark are not the same": async (browser) => {
    const colours = [];
    for (const scheme of ["light", "dark"]) {
      await on(browser, "product", { scheme }, async (page) => {
        colours.push(
          await page.evaluate(() =>
            ["body", ".matrix", ".verb"].map((it) => getComputedStyle(document.querySelector(it)).backgroundColor),
          ),
        );
      });
    }
    colours[0].forEach((light, place) => holds(light !== colours[1][place], `${light} in both`));
  },

  "nothing is seriously hard to use for anybody": async (browser) => {
    for (const name of ["product", "warehouse"]) {
      // Of the second spec one light and one dark look.
      for (const look of name === "product" ? LOOKS : [LOOKS[0], LOOKS[3]]) {
        await on(browser, name, look, async (page) => {
          const states = {
            matrix: () => view(page, "Matrix"),
            list: () => view(page, "List"),
            graph: () => view(page, "Graph"),
            filtered: async () => {
              await view(page, "List");
              await page.fill("#query", "key");
              await view(page, "read");
            },
            nothing: () => page.fill("#query", "no such thing"),
            details: async () => {
              await page.getByRole("button", { name: "Show all" }).click();
              await page.locator(".group button").first().click();
            },
          };
          for (const [state, reach] of Object.entries(states)) {
            await reach();
            same(await findings(browser, page), [], `${name}, ${look.scheme}, ${look.size.width} wide, ${state}`);
          }
        });
      }
    }
    await on(browser, "large", {}, async (page) => same(await findings(browser, page), [], "large"));
  },

  "a search and a verb leave what matches": async (browser) => {
    await on(browser, "warehouse", {}, async (page) => {
      const data = await dataOf(page);
      same((await rows(page)).length, data.subjects.length, "every row is there");
      await page.fill("#query", "databaselogin");
      same(await titles(page), ["DatabaseLogin"], "the column that matches");
      const users = data.grants
        .filter((grant) => data.secrets[grant.secret].id === "DatabaseLogin")
        .map((grant) => grant.subject);
      same(
        await rows(page),
        [...new Set(users)].sort((a, b) => a - b).map((place) => data.subjects[place].name),
        "whoever may do something with it",
      );
      holds((await page.textContent("#count")).startsWith(`${users.length} grants of ${data.grants.length}`), "their number");
      await view(page, "rotate");
      same(await rows(page), ["rotate-logins"], "who may rotate it");
      await page.getByRole("button", { name: "Show all" }).click();
      same((await rows(page)).length, data.subjects.length, "every row is there again");
      // By the description, and by more than one word.
      await page.fill("#query", "seed STOCK");
      same(await titles(page), ["SampleSeed"], "by words of its description");
      await page.fill("#query", "heartbeat");
      same([await rows(page), await titles(page)], [["heartbeat"], []], "one who may do nothing");
      await page.fill("#query", "no such thing");
      holds((await page.textContent("#view")).includes("Nothing matches “no such thing”"), "that nothing matches is said");
    });
  },

  "who can read a value is a filter, which the address keeps": async (browser) => {
    await on(browser, "warehouse", { hash: "#view=list" }, async (page) => {
      const data = await dataOf(page);
      const reading = data.grants.filter((grant) =>
        grant.statements.some((place) => data.statements[place].statement.Action.includes("secretsmanager:GetSecretValue")),
      );
      holds(reading.length > 0 && reading.length < data.grants.length, "some grants read a value, and others do not");
      const filter = page.getByRole("button", { name: "can read the value" });
      await filter.click();
      same(await filter.getAttribute("aria-pressed"), "true", "the filter is on");
      same(await page.locator(".group button").count(), reading.length, "a button for each grant that reads");
      same(await page.locator(".group small.value", { hasText: "reads the value" }).count(), reading.length, "each says so");
      holds(reading.some((grant) => !grant.verbs.includes("read")), "other verbs read too");
      await page.fill("#query", "SupplierLogin");
      const some = reading.filter((grant) => data.secrets[grant.secret].id === "SupplierLogin");
      same(await page.locator(".group button").count(), some.length, "with a search");
      await page.locator(".group button").first().click();
      holds((await page.textContent("#details")).includes("can be read by this grant"), "the details say it");
      same(new URLSearchParams(new URL(page.url()).hash.slice(1)).get("value"), "read", "the address keeps it");
      await page.getByRole("button", { name: "Show all" }).click();
      same(await filter.getAttribute("aria-pressed"), "false", "the filter is off");
    });
    await on(browser, "warehouse", { hash: "#value=read&view=list" }, async (page) => {
      same(await page.getByRole("button", { name: "can read the value" }).getAttribute("aria-pressed"), "true", "from the address");
    });
  },

  "each grant shows its statements, its calls, their reasons and the spec's line": async (browser) => {
    for (const name of ["product", "warehouse", "bakery"]) {
      await on(browser, name, { hash: "#view=list" }, async (page) => {
        const data = await dataOf(page);
        const buttons = page.locator(".group button");
        same(await buttons.count(), data.grants.length, "a button each");
        for (const [place, grant] of data.grants.entries()) {
          await buttons.nth(place).click();
          const said = await page.textContent("#details");
          const secret = data.secrets[grant.secret];
          same(
            await statements(page),
            grant.statements.map((it) => data.statements[it].statement),
            `the statements of ${place}`,
          );
          holds((await page.locator("#details mark").count()) > 0, `${place}: its own resource is marked`);
          for (const verb of grant.verbs) {
            for (const call of data.verbs[verb].calls) {
              for (const part of [call.call, call.why, call.action, data.actions[call.action].described])
                holds(said.includes(part), `${place}: ${part}`);
            }
          }
          holds(said.includes(`${grant.verbs.join(", ")};`) && said.includes(data.source), `${place}: the spec's line`);
          holds(said.includes(secret.name) && said.includes(secret.written_by), `${place}: the secret`);
        }
        const links = await page.locator("#details a").evaluateAll((all) => all.map((it) => it.href));
        holds(
          links.every((it) => it.startsWith("https://docs.aws.amazon.com/")),
          "links lead to AWS's documentation",
        );
      });
    }
  },

  "a click on a cell or a line opens it, and on another one changes it": async (browser) => {
    await on(browser, "product", {}, async (page) => {
      const heading = page.locator("#details h2");
      await cell(page, "fetch_invoices", 3).click();
      same(await heading.textContent(), "fetch_invoices → GmailUserTokens", "the cell");
      same(
        (await statements(page)).map((it) => it.Action),
        [["secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]],
        "its statement",
      );
      await cell(page, "delete_user", 4).click();
      same(await heading.textContent(), "delete_user → JwtSigningKey", "another cell");
      await cell(page, "login_user", 2).click();
      same(await heading.textContent(), "delete_user → JwtSigningKey", "an empty cell changes nothing");
      await page.getByRole("button", { name: "Close" }).click();
      holds(await page.locator("#details").isHidden(), "it closes");
      await view(page, "Graph");
      await page
        .getByRole("group", { name: "get_user_profile" })
        .getByRole("button", { name: "describe GmailUserTokens" })
        .click();
      same(await heading.textContent(), "get_user_profile → GmailUserTokens", "the line");
    });
  },

  "the keyboard reaches everything": async (browser) => {
    await on(browser, "product", {}, async (page) => {
      await page.keyboard.press("/");
      same(await focused(page), "query", "a slash leads to the search");
      await page.keyboard.type("delete_user");
      same(await rows(page), ["delete_user"], "what is typed is searched");
      await page.keyboard.press("Escape");
      same([await page.inputValue("#query"), (await rows(page)).length], ["", 14], "Escape clears it");
      // Past the verbs, the filter for values and the views to the matrix.
      for (const _ of Array(5 + 1 + 3 + 1)) await page.keyboard.press("Tab");
      same(await focused(page), "matrix", "Tab leads to the matrix");
      for (const key of ["Home", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft"]) await page.keyboard.press(key);
      same(await page.getAttribute("[role=grid]", "aria-activedescendant"), "cell-1-1", "arrows move");
      await page.keyboard.press("Enter");
      same(await page.locator("#details h2").textContent(), "fetch_invoices → GmailUserTokens", "Enter opens");
      same(await focused(page), "details", "what opened has the focus");
      await page.keyboard.press("Escape");
      holds(await page.locator("#details").isHidden(), "Escape closes");
      same(await focused(page), "matrix", "and leads back");
      await page.keyboard.press("Control+End");
      same(await page.getAttribute("[role=grid]", "aria-activedescendant"), "cell-13-4", "to the end");
      // Back to the views, and on through the list and the graph.
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Enter");
      same(await page.locator(".graph .line").count(), 26, "the graph");
      for (const _ of Array(3)) await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      same(await page.locator("#details h2").textContent(), "gmail_store_tokens → JwtSigningKey", "a line of the graph");
      await page.keyboard.press("Escape");
      holds((await focused(page)).baseVal?.startsWith("line") ?? true, "and back");
      await view(page, "List");
      await page.focus("#query");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      same(await page.locator("#details h2").textContent(), "gmail_store_tokens → JwtSigningKey", "a row of the list");
    });
  },

  "on a phone the details cover all, and go": async (browser) => {
    await on(browser, "warehouse", { size: PHONE }, async (page) => {
      same(await page.locator(".group").count(), 11, "a phone begins with the list");
      const button = page.locator(".group button").nth(4);
      await button.click();
      const box = await page.locator("#details").boundingBox();
      same([box.x, box.y, box.width, box.height], [0, 0, PHONE.width, PHONE.height], "they cover the screen");
      await fits(page, "with details");
      same(await page.evaluate(() => document.getElementById("view").inert), true, "what is covered is out of reach");
      await page.getByRole("button", { name: "Close" }).click();
      holds(await button.evaluate((it) => it === document.activeElement), "the focus is back where it was");
      same(await page.evaluate(() => document.getElementById("view").inert), false, "and the page is in reach");
    });
  },

  "a link leads to the same": async (browser) => {
    let hash = "";
    await on(browser, "product", {}, async (page) => {
      await page.fill("#query", "invoice");
      await view(page, "List");
      await page.locator(".group button").nth(1).click();
      hash = await page.evaluate(() => location.hash);
    });
    await on(browser, "product", { hash }, async (page) => {
      same(
        [await page.inputValue("#query"), await page.locator("#details h2").textContent()],
        ["invoice", "fetch_invoices → GmailUserTokens"],
        "what the link says",
      );
    });
    await on(browser, "product", { hash: "#view=toString&grant=nothing&verbs=constructor" }, async (page) => {
      same((await rows(page)).length, 14, "a link that says nothing leads to all");
    });
  },

  "no text gets out of the data": async (browser) => {
    await on(browser, "hostile", { hash: "#view=list" }, async (page) => {
      const data = await dataOf(page);
      same(
        await page.evaluate(() => [document.scripts.length, document.images.length]),
        [2, 0],
        "the data and the script alone",
      );
      const buttons = page.locator(".group button");
      for (const [place, grant] of data.grants.entries()) {
        await buttons.nth(place).click();
        const texts = [data.subjects[grant.subject].description, data.secrets[grant.secret].description, grant.reason];
        same(
          await page.locator("#details .about").allTextContents(),
          texts.filter((text) => text),
          "each text is shown as it is",
        );
      }
      same(await page.evaluate(() => document.images.length), 0, "and makes no element");
    });
  },

  "the page's own policy lets nothing in or out": async (browser) => {
    await on(browser, "product", {}, async (page, noise) => {
      const left = [];
      page.on("requestfinished", (request) => left.push(request.url()));
      const stopped = await page.evaluate(async () => {
        const seen = [];
        document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
        await fetch("https://192.0.2.1/").catch(() => {});
        const made = document.createElement("div");
        made.innerHTML = "<img src='https://192.0.2.1/' onerror='window.ran = true'>";
        document.body.append(made, Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
        await new Promise((done) => {
          setTimeout(done, 100);
        });
        return [[...new Set(seen)].sort(), window.ran ?? false];
      });
      same(stopped, [["connect-src", "img-src", "script-src-attr", "script-src-elem"], false], "what the policy stops");
      same(left, [], "nothing went out");
      // The browser says what it stopped.
      noise.length = 0;
    });
  },

  "200 handlers and 500 secrets": async (browser) => {
    for (const size of [WIDE, PHONE]) {
      await on(browser, "large", { size, hash: "#view=matrix" }, async (page) => {
        const figures = [];
        const took = async (what, act) => {
          await act();
          figures.push(`${what} ${await page.evaluate(() => document.documentElement.dataset.shownIn)} ms`);
        };
        await took("first view", () => {});
        figures.push(
          `${(await page.evaluate(() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd)).toFixed(0)} ms to load`,
        );
        const elements = await page.evaluate(() => document.querySelectorAll("*").length);
        holds(elements < 2_000, `${elements} elements are in the document`);
        figures.push(`${elements} elements`);
        await page.focus("[role=grid]");
        await page.keyboard.press("Control+End");
        await page.waitForFunction(() => document.querySelector("#cell-199-499"));
        holds((await rows(page)).includes("handler-199-of-the-shop"), "the last row is reached");
        await took("search", () => page.fill("#query", "handler-17 update"));
        const painted = await page.evaluate(async () => {
          const query = document.getElementById("query");
          const started = performance.now();
          query.value = "handler-17 update";
          query.dispatchEvent(new Event("input"));
          await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
          return performance.now() - started;
        });
        figures.push(`${painted.toFixed(1)} ms until it is painted`);
        await page.waitForFunction(() => document.getElementById("count").textContent.includes("of 8,000"));
        holds(
          (await rows(page)).every((it) => it.startsWith("handler-17")),
          "the search leaves what matches",
        );
        await took("all again", () => page.fill("#query", ""));
        await took("list", () => view(page, "List"));
        const before = await page.locator(".group").count();
        holds(before < 200, `${before} groups are drawn at once`);
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        await page.waitForFunction((number) => document.querySelectorAll(".group").length > number, before);
        await took("graph", () => view(page, "Graph"));
        holds(
          (await page.textContent(".graph")).includes("The graph has the first 200 of 8,000 grants"),
          "what the graph leaves out is said",
        );
        console.log(`       ${size.width} wide: ${figures.join(", ")}`);
      });
    }
  },

  "no word of the SVG stands on another, or outside of its card": async (browser) => {
    const colours = new Set();
    for (const name of EVERY) {
      for (const scheme of ["light", "dark"]) {
        await on(browser, name, { scheme, kind: "svg" }, async (page) => {
          const [outside, overlapping, colour] = await page.evaluate(() => {
            const boxes = (what) =>
              [...document.querySelectorAll(what)].map((it) => it.getBoundingClientRect()).sort((a, b) => a.top - b.top);
            const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
            const [cards, texts] = [boxes(".card"), boxes("text")];
            const lost = texts.filter(
              (it) =>
                !cards.some(
                  (card) =>
                    it.left >= card.left && it.right <= card.right && it.top >= card.top - 1 && it.bottom <= card.bottom + 1,
                ),
            );
            const clash = (all) => all.filter((it, place) => all.slice(place + 1, place + 60).some((other) => meet(it, other)));
            return [
              lost.length,
              clash(cards).length + clash(texts).length,
              getComputedStyle(document.querySelector(".back")).fill,
            ];
          });
          same([outside, overlapping], [0, 0], `${name}: texts outside a card, and what overlaps`);
          colours.add(colour);
        });
      }
    }
    same(colours.size, 2, "light and dark have their own background");
  },
};
