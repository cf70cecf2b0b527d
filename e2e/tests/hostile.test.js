import { markdown, plain } from "../hostile_texts.js";
import { Room, expect, isLive, test } from "../test.js";
import { Visitor, history, say, startRoom } from "../visitor.js";

const texts = [...plain, ...markdown];
const ELEMENTS = "P BR A EM STRONG DEL CODE PRE BLOCKQUOTE UL OL LI HR".split(" ");
const ATTRIBUTES = ["href", "target", "rel", "start"];

/** What stands in message bodies beyond the elements, attributes and addresses that messages are made of. */
const beyond = (room) =>
  room.messages.locator(".body").evaluateAll(
    (bodies, { elements, attributes }) =>
      bodies.flatMap((body) => Array.from(body.querySelectorAll("*"))).flatMap((element) => {
        const wrong = elements.includes(element.tagName) ? [] : [element.outerHTML];
        for (const { name, value } of element.attributes) {
          const fine = attributes.includes(name) && (name !== "href" || /^(https?:\/\/|mailto:)/.test(value));
          if (!fine) wrong.push(element.outerHTML);
        }
        return wrong;
      }),
    { elements: ELEMENTS, attributes: ATTRIBUTES },
  );

test("hostile messages are text", async ({ server, person }) => {
  expect(texts.length).toBeGreaterThanOrEqual(40);
  const path = await startRoom(server.url, "Hostile");
  const page = await person();
  const room = await Room.open(page, path);
  // Half of them are there when the page comes, half arrive on it.
  const half = Math.floor(texts.length / 2);
  const normal = (text) => text.replace(/\u0001/g, "");
  for (const text of texts.slice(0, half)) await say(server.url, path, text);
  await page.reload();
  await room.isCurrent();
  for (const text of texts.slice(half)) await say(server.url, path, text);
  await expect(room.message("x@evil.example")).toBeVisible();

  const check = async () => {
    expect(await beyond(room)).toEqual([]);
    const shown = new Map(await room.messages.evaluateAll((list) => list.map((item) => [Number(item.dataset.number), item.querySelector(".body").textContent])));
    plain.forEach((text, i) => shown.has(i + 1) && expect(shown.get(i + 1)).toBe(normal(text)));
    expect(await page.evaluate(() => document.querySelectorAll("body script, body style, body iframe, body img:not(.avatar[src^='/people/'])").length)).toBe(0);
  };
  await check();
  await page.reload();
  await room.isCurrent();
  await check();
  expect(await history(server.url, path)).toHaveLength(texts.length);
});

test("hostile titles are text", async ({ server, person }) => {
  // A room is opened for each.
  test.slow();
  const page = await person();
  const titles = plain.filter((text) => text.length <= 100);
  for (const title of titles) {
    const path = await startRoom(server.url, title);
    await page.goto(path);
    // One line: white space of any kind is one space.
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
    await expect(page).toHaveTitle(`${title.replace(/\s+/g, " ")} · Teahouse`);
    await expect(page.getByRole("textbox", { name: `Message to ${title.replace(/\s+/g, " ")}`, exact: true })).toBeVisible();
    expect(await page.evaluate(() => document.querySelectorAll("body script, body style, body iframe, body img:not(.avatar[src^='/people/'])").length)).toBe(0);
  }
  const names = [];
  for (const address of ["/", "/?page=2"]) {
    await page.goto(address);
    await isLive(page);
    names.push(...(await page.locator(".room-name").allTextContents()));
  }
  expect(names.filter((name) => titles.includes(name)).length).toBeGreaterThan(20);
  expect(await page.evaluate(() => document.querySelectorAll("body script, body style, body iframe, body img:not(.avatar[src^='/people/'])").length)).toBe(0);
});

test("hostile addresses lead nowhere", async ({ server, person }) => {
  const visitor = new Visitor(server.url);
  const page = await person();
  for (const text of texts) {
    const address = encodeURIComponent(text);
    for (const path of [`/r/${address}`, `/${address}`, `/r/x/${address}`, `/assets/${address}`]) {
      const { status, headers, html } = await visitor.get(path);
      expect([path, status]).toEqual([path, 404]);
      if (!path.startsWith("/assets")) expect(headers.get("content-security-policy")).toContain("script-src 'self'");
      if (/[<"']/.test(text)) expect(html).not.toContain(text);
    }
    const open = await visitor.get(`/open?address=${address}`);
    expect([text, open.status]).toEqual([text, 422]);
  }
  for (const text of plain.slice(0, 12)) {
    await page.goto(`/open?address=${encodeURIComponent(text)}`);
    await expect(page.getByLabel("Open a room by its name or link")).toHaveValue(text);
    await page.goto(`/r/${encodeURIComponent(text)}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nothing here");
  }
});

test("a forged cookie, another origin and a form from elsewhere are refused", async ({ server }) => {
  const path = await startRoom(server.url, "Guarded");
  const ana = new Visitor(server.url);
  const page = await ana.get(path);
  const policy = page.headers.get("content-security-policy");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  expect(page.headers.get("x-content-type-options")).toBe("nosniff");
  const cookie = page.headers.get("set-cookie");
  expect(cookie).toContain("HttpOnly");
  expect(cookie).toContain("SameSite=Lax");

  const post = (fields, headers = {}) => ana.send(`${path}/post`, { body: "forged", ...fields }, { headers });
  expect((await post({ _csrf_token: "" })).status).toBe(403);
  expect((await post({ _csrf_token: "x".repeat(24) })).status).toBe(403);
  expect((await post({}, { origin: "https://evil.example" })).status).toBe(403);
  expect((await post({}, { origin: "null" })).status).toBe(403);
  for (const form of ["/rooms", "/r/guarded-too/open"]) {
    expect((await ana.send(form, { _csrf_token: "" })).status).toBe(403);
    expect((await ana.send(form, {}, { headers: { origin: "https://evil.example" } })).status).toBe(403);
  }
  // Without a cookie a form acts for nobody, but a browser elsewhere may not send it all the same.
  const stranger = new Visitor(server.url);
  expect((await stranger.send(`${path}/post`, { body: "x" }, { headers: { origin: "https://evil.example" } })).status).toBe(403);
  expect(await history(server.url, path)).toEqual([]);

  // A cookie that was changed is nobody's: its holder is greeted as somebody new.
  const ben = new Visitor(server.url);
  await ben.get(path);
  const [name, token] = ben.cookie.split("=");
  const [payload, tag] = token.split(".");
  const forged = Buffer.from(Buffer.from(payload, "base64url").toString().replace(/"[^"]{2,}"(?=\}?\]?)/, '"someone else"'));
  for (const wrong of [`${forged.toString("base64url")}.${tag}`, `${payload}.${"A".repeat(tag.length)}`, payload, "", "."]) {
    const answer = await fetch(server.url + path, { headers: { cookie: `${name}=${wrong}` } });
    expect(answer.status).toBe(200);
    const me = /data-me="([^"]+)"/;
    const mine = me.exec((await ben.get(path)).html)[1];
    expect(me.exec(await answer.text())[1]).not.toBe(mine);
  }

  const socket = (headers, query = "") =>
    fetch(`${server.url}/live/websocket?vsn=2.0.0${query}`, {
      headers: { ...headers, "sec-websocket-version": "13", "sec-websocket-key": "x3JJHMbDL1EzLkh9GBhXDw==" },
    }).then(({ status }) => status);
  expect(await socket({ origin: "https://evil.example" })).toBe(403);

  const huge = await ana.send(`${path}/post`, { body: "x".repeat(70_000) });
  expect(huge.status).toBe(413);
  expect((await ana.get(path)).status).toBe(200);
});
