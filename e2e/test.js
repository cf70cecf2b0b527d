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

  /** `await house({…})`: a server with settings of the test's own, see `Server.open`. */
  house: async ({}, use, info) => {
    const servers = [];
    await use(async (options) => {
      servers.push(await Server.open(options));
      return servers.at(-1);
    });
    await Promise.all(servers.map((server) => server.close()));
    if (info.status === info.expectedStatus) return;
    for (const server of servers) await info.attach("server log", { body: server.log });
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

/** Somebody called `name` comes to the room at `path`. */
export async function arrive(page, name, path) {
  return Room.open(await nameGuest(page, name), path);
}

/** Somebody called `name` starts a room from the lobby, and is in it. */
export async function startOwn(page, name, title) {
  await nameGuest(page, name);
  return startAnother(page, title);
}

/** Whoever `page` belongs to starts a room from the lobby, and is in it. */
export async function startAnother(page, title) {
  await page.goto("/");
  await isLive(page);
  await page.getByLabel(/What is it about/).fill(title);
  await page.getByRole("button", { name: "Start a room" }).click();
  await page.waitForURL("**/r/*");
  const room = new Room(page);
  await room.isCurrent();
  return room;
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
    /** Those who are here, one entry for each person. */
    this.here = page.locator("#people .people-here .person");
    this.typing = page.locator("#typing");
    /** What happened besides messages, a line each. */
    this.happened = this.conversation.locator(".happened li");
    this.settings = page.getByRole("dialog", { name: "Settings of this room" });
  }

  /** Its address. */
  get path() {
    return new URL(this.page.url()).pathname;
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

  /** The entry of `name` among those who are here, or who are not here now. */
  entry(name) {
    return this.page.locator("#people .person").filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Opens the menu of `name`: on a phone the list of people is behind a button. */
  async menuOf(name) {
    await expect(this.entry(name)).toHaveCount(1);
    const link = this.entry(name).getByRole("link");
    if (!(await link.isVisible())) await this.page.getByRole("button", { name: "People" }).click();
    await link.click();
    return this.page.getByRole("dialog", { name: "Person" });
  }

  /** Opens the menu of the message that says `text`. */
  async menuOfMessage(text) {
    await this.message(text).hover();
    await this.message(text).getByRole("button", { name: "More about this message" }).click();
    return this.page.getByRole("dialog", { name: "Message" });
  }

  /** Deletes the message that says `text`, as one who means it. */
  async remove(text) {
    const menu = await this.menuOfMessage(text);
    await menu.getByRole("button", { name: "Delete…" }).click();
    await menu.getByRole("button", { name: "Delete it" }).click();
  }

  async openSettings() {
    await this.page.getByRole("button", { name: "Room menu" }).click();
    await this.page.getByRole("button", { name: "Settings…" }).click();
    await expect(this.settings).toBeVisible();
    return this.settings;
  }

  /** The owner makes the room `visibility`: "Public", "Unlisted" or "Private". */
  async become(visibility) {
    const settings = await this.openSettings();
    await settings.getByRole("radio", { name: visibility }).check();
    await settings.getByRole("button", { name: "Change" }).first().click();
    await expect(this.settings).toBeHidden();
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
