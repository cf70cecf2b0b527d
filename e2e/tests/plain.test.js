import { Room, expect, isLive, test } from "../test.js";
import { Visitor, attribute, messagesIn, startRoom } from "../visitor.js";

test("everything works over plain HTTP", async ({ server }) => {
  const ana = new Visitor(server.url);
  const lobby = await ana.get("/");
  expect(lobby.status).toBe(200);
  const started = await ana.send("/rooms", { title: "By hand" });
  expect(started.status).toBe(303);
  const path = started.location;
  expect(path).toMatch(/^\/r\/[a-z0-9-]+$/);
  const empty = await ana.get(path);
  expect(empty.html).toMatch(/<h1 id="room-title"[^>]*>By hand<\/h1>/);
  expect(messagesIn(empty.html)).toEqual([]);
  expect((await ana.get("/")).html).toContain("By hand");

  const said = await ana.send(`${path}/post`, { body: "a < b & \"c\"" });
  expect(said.status).toBe(303);
  expect(said.location).toBe(`${path}#m-1`);
  expect(messagesIn((await ana.get(path)).html)).toEqual([{ number: 1, body: "<p>a &lt; b &amp; &quot;c&quot;</p>" }]);

  // The same form sent twice, as after a line that broke: one message.
  const id = attribute((await ana.get(path)).html, /name="message_id" value="([^"]+)"/);
  for (const _ of [1, 2]) {
    const sent = await ana.send(`${path}/post`, { body: "just once", message_id: id });
    expect(sent.location).toBe(`${path}#m-2`);
  }
  expect(messagesIn((await ana.get(path)).html)).toHaveLength(2);

  // A refusal comes with the page, the draft and the reason.
  const refused = await ana.send(`${path}/post`, { body: "just once" });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain("You just said exactly that.");
  expect(attribute(refused.html, /<textarea[^>]*>\n?([^<]*)<\/textarea>/)).toBe("just once");
  const blank = await ana.send(`${path}/post`, { body: " \n " });
  expect([blank.status, blank.html.includes("There is nothing to send yet.")]).toEqual([422, true]);
  const long = await ana.send(`${path}/post`, { body: "é".repeat(4001) });
  expect([long.status, long.html.includes("This has 4001") || long.html.includes("this has 4001")]).toEqual([422, true]);
  const titled = await ana.send("/rooms", { title: "x".repeat(101) });
  expect([titled.status, titled.html.includes("at most 100 characters")]).toEqual([422, true]);

  // Free addresses, and those that are none.
  const free = await ana.get("/r/by-hand-too");
  expect([free.status, free.html.includes("Open this room")]).toEqual([200, true]);
  const opened = await ana.send("/r/by-hand-too/open", {});
  expect([opened.status, opened.location]).toEqual([303, "/r/by-hand-too"]);
  const again = await ana.send("/r/by-hand-too/open", {});
  expect([again.status, again.location]).toEqual([303, "/r/by-hand-too"]);
  for (const path of ["/r/about", "/r/No", "/r/-x-", "/nothing", "/r/by-hand-too/999", "/r/by-hand-too/x"]) {
    expect([path, (await ana.get(path)).status]).toEqual([path, 404]);
  }
  const found = await ana.get("/open?address=By+Hand+Too");
  expect([found.status, found.location]).toEqual([303, "/r/by-hand-too"]);
  expect((await ana.get("/open?address=%3Cb%3E")).status).toBe(422);
});

test("one line of curl says something", async ({ server }) => {
  const path = await startRoom(server.url, "For scripts");
  const answer = await fetch(`${server.url}${path}/post`, {
    method: "POST", body: new URLSearchParams({ body: "the build is green" }), redirect: "follow",
  });
  expect(answer.status).toBe(200);
  expect(messagesIn(await answer.text())).toEqual([{ number: 1, body: "<p>the build is green</p>" }]);
});

test("a browser without JavaScript reads, posts and opens rooms", async ({ person }) => {
  const page = await person({ javaScriptEnabled: false });
  await page.goto("/");
  await page.getByLabel(/What is it about/).fill("Without script");
  await page.getByRole("button", { name: "Start a room" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Without script");
  const box = page.getByRole("textbox", { name: "Message to Without script" });
  const send = page.getByRole("button", { name: "Send" });
  await box.fill("hello\nthere");
  await send.click();
  await expect(page.locator(".message .body")).toHaveText("hello\nthere", { useInnerText: true });
  await expect(box).toHaveValue("");
  await box.fill("hello\nthere");
  await send.click();
  await expect(page.getByRole("alert")).toHaveText("You just said exactly that.");
  await expect(box).toHaveValue("hello\nthere");
  await box.fill("something else");
  await send.click();
  await expect(page.locator(".message")).toHaveCount(2);

  await page.goto("/r/no-script-needed");
  await page.getByRole("button", { name: "Open this room" }).click();
  await expect(page.getByRole("textbox", { name: "Message to no-script-needed" })).toBeVisible();
  await page.goto("/");
  await page.getByLabel("Open a room by its name or link").fill("No Script Needed");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("no-script-needed");
});

test("a form that was sent before the script came is refused on a page that lives", async ({ person, server }) => {
  const path = await startRoom(server.url, "Early");
  const page = await person();
  const room = await Room.open(page, path);
  await room.sayAndClear("said");
  await page.goto(path);
  await room.box.fill("said");
  await page.locator("#composer").evaluate((form) => HTMLFormElement.prototype.submit.call(form));
  await page.waitForURL(`**${path}/post`);
  await room.isCurrent();
  await expect(room.refusal).toHaveText("You just said exactly that.");
  await expect(room.box).toHaveValue("said");
  await room.sayAndClear("said otherwise");
  await expect.poll(() => room.read()).toEqual([[1, "said"], [2, "said otherwise"]]);

  await page.goto("/open?address=%3Cb%3E");
  await isLive(page);
  await expect(page.getByLabel("Open a room by its name or link")).toHaveValue("<b>");
  await expect(page.getByRole("alert").filter({ hasText: "small letters" })).toBeVisible();
});
