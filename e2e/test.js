// What every test starts from: a server, and people in windows of their own.
import { test as base, expect } from "@playwright/test";
import { Server } from "./server.js";

export { expect };

export const test = base.extend({
  /** How the server of a file starts, if not as usual: `test.use({ serverOptions: … })`, see `Server.open`. */
  serverOptions: [{}, { option: true, scope: "worker" }],

  /** One server for all tests that only talk. */
  server: [
    async ({ serverOptions }, use) => {
      const server = await Server.open(serverOptions);
      await use(server);
      await server.close();
    },
    { scope: "worker" },
  ],

  /** A server of the test's own, to be killed. */
  mortal: async ({}, use, info) => {
    const server = await Server.open();
    await use(server);
    await server.close();
    if (info.status !== info.expectedStatus) await info.attach("server log", { body: server.log });
  },

  baseURL: async ({ server }, use) => use(server.url),

  /** `await person({…context options})`: somebody in a browser of their own, with one page. */
  person: async ({ browser, baseURL, contextOptions }, use) => {
    const contexts = [];
    const wrong = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ ...contextOptions, baseURL, ...options });
      contexts.push(context);
      watch(context, wrong);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
    expect(wrong, "what no page may do").toEqual([]);
  },
});

/** Notes dialogs, errors in scripts, and whatever the content security policy had to stop. */
function watch(context, wrong) {
  context.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  context.on("weberror", (error) => wrong.push(`error: ${error.error()}`));
  context.on("console", (message) => {
    if (/content security policy/i.test(message.text())) wrong.push(message.text());
  });
}

/** Makes somebody whose browser is still empty a guest who goes by `name`. */
export async function nameGuest(page, name) {
  const answer = await page.request.post("/me/name", { form: { name } });
  expect(answer.ok(), `${name} is a name`).toBe(true);
  return page;
}

/** A room on a page. */
export class Room {
  constructor(page) {
    this.page = page;
    this.title = page.getByRole("heading", { level: 1 });
    this.conversation = page.getByRole("main", { name: "Conversation" });
    this.messages = this.conversation.locator(".message");
    this.box = page.getByRole("textbox", { name: /^Message to / });
    this.refusal = page.getByRole("alert");
    this.newest = page.locator("#new-messages");
  }

  /** Opens a room, or a page at `path`, and waits until it is live. */
  static async open(page, path) {
    await page.goto(path);
    const room = new Room(page);
    await room.isCurrent();
    return room;
  }

  /** Every view on the page has joined, and nothing is on its way. */
  async isCurrent() {
    await isLive(this.page);
  }

  async say(text) {
    await this.box.fill(text);
    await this.box.press("Enter");
  }

  /** Says `text` and waits until it is stored: the composer is empty then. */
  async sayAndClear(text) {
    await this.say(text);
    await expect(this.box).toHaveValue("");
  }

  message(text) {
    return this.messages.filter({ hasText: text });
  }

  /** Number and body of every message on the page, as a reader has them. */
  read() {
    return this.messages.evaluateAll((list) =>
      list.map((item) => [Number(item.dataset.number), item.querySelector(".body").innerText.trim()]),
    );
  }

  /**
   * The list of messages as the browser has it, without what only the client needs, and without the headings of days:
   * the script sets those by what is above, which a fresh page has less of.
   */
  list(selector = "#feed") {
    return this.page.locator(selector).evaluate((list) =>
      Array.from(list.children, (item) => {
        const copy = item.cloneNode(true);
        copy.removeAttribute("data-day");
        for (const element of [copy, ...copy.querySelectorAll("*")]) {
          for (const { name } of Array.from(element.attributes)) {
            if (name.startsWith("data-phx-")) element.removeAttribute(name);
          }
        }
        return copy.outerHTML;
      }),
    );
  }

  /** How far from the bottom the reader is, in pixels. */
  above() {
    return this.conversation.evaluate((element) => Math.abs(Math.round(element.scrollTop)));
  }

  /** Where a message stands on the screen, in pixels from the top. */
  async place(number) {
    return (await this.messages.and(this.page.locator(`[data-number="${number}"]`)).boundingBox()).y;
  }
}

/** Waits until every view on the page has joined. */
export async function isLive(page) {
  await page.waitForFunction(() => {
    const views = Array.from(document.querySelectorAll("[data-phx-session]"));
    return views.length > 0 && views.every((view) => view.classList.contains("phx-connected"));
  });
}
