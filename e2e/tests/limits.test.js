import { Proxy } from "../proxy.js";
import { Room, expect, isLive, nameGuest, test } from "../test.js";
import { Visitor } from "../visitor.js";

// Everybody at one address together: so little that a test reaches it.
const few = "address = { at_once = 3, per_minute = 1 }\n";
const settings = ["rooms", "messages", "searches"].map((kind) => `[limits.${kind}]\n${few}`).join("");
test.use({ serverOptions: { settings, configure: () => ["--behind-proxy"] } });

/** Somebody new without a browser, at `address`. */
async function guest(server, address) {
  const visitor = new Visitor(server.url, { "x-forwarded-for": address });
  await visitor.get("/");
  return visitor;
}

test("many guests of one address are held back together, with the reason, and their text is kept", async ({ server, person }) => {
  const host = await guest(server, "192.0.2.99");
  const { location: path } = await host.send("/rooms", { title: "The square" });
  for (let i = 0; i < 3; i += 1) {
    const said = await (await guest(server, "192.0.2.1")).send(`${path}/post`, { body: `Guest ${i} shouts.` });
    expect(said.status).toBe(303);
  }
  const refused = await (await guest(server, "192.0.2.1")).send(`${path}/post`, { body: "Guest 3 shouts." });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain("Too many messages from your network in a short time.");
  expect(refused.html).toMatch(/<textarea[^>]*>\n?Guest 3 shouts\.<\/textarea>/);
  // Who writes the address themselves gets no further: the proxy's is the last one.
  const forged = await guest(server, "198.51.100.7, 192.0.2.1");
  expect((await forged.send(`${path}/post`, { body: "Guest 4 shouts." })).status).toBe(422);

  // A live page says the same, next to what was typed; somebody elsewhere is not held back.
  const [near, far] = [await Proxy.to(server.port, "192.0.2.1"), await Proxy.to(server.port, "192.0.2.2")];
  const ana = await nameGuest(await person({ baseURL: near.url }), "Ana");
  const anas = await Room.open(ana, path);
  await anas.say("Me too!");
  await expect(anas.refusal.filter({ hasText: "Too many messages from your network in a short time. Please try again in" })).toBeVisible();
  await expect(anas.box).toHaveValue("Me too!");
  await expect(anas.box).toBeFocused();
  const ben = await nameGuest(await person({ baseURL: far.url }), "Ben");
  const bens = await Room.open(ben, path);
  await bens.sayAndClear("Quiet over here.");
  await expect(anas.message("Quiet over here.")).toBeVisible();
  near.close();
  far.close();
});

test("rooms and searches are held back too, each with its reason beside it", async ({ server, person }) => {
  const proxy = await Proxy.to(server.port, "192.0.2.3");
  const page = await person({ baseURL: proxy.url });
  for (let i = 0; i < 3; i += 1) {
    const started = await (await guest(server, "192.0.2.3")).send("/rooms", { title: `Room ${i}` });
    expect(started.status).toBe(303);
  }
  await page.goto("/");
  await isLive(page);
  const title = page.getByLabel(/What is it about/);
  await title.fill("One more room");
  await page.getByText("Who may enter, and how long it lasts").click();
  await page.getByRole("radio", { name: /^Unlisted/ }).check();
  await page.getByRole("button", { name: "Start a room" }).click();
  await expect(page.locator("#start-refusal")).toContainText("Too many rooms from your network in a short time. Please try again in");
  await expect(title).toHaveValue("One more room");
  await expect(page.getByRole("radio", { name: /^Unlisted/ })).toBeChecked();

  await page.goto("/r/nobody-opened-this");
  await isLive(page);
  await page.getByRole("button", { name: "Open this room" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Too many rooms from your network" })).toBeVisible();

  await page.goto("/search");
  await isLive(page);
  const words = page.getByLabel("What was said");
  for (const word of ["one", "two", "three", "four"]) {
    await words.fill(word);
    await expect(page.locator(".empty, .hit, #search-refusal:not(:empty)").first()).toBeVisible();
    await expect(page).toHaveURL(`/search?q=${word}`);
  }
  await expect(page.locator("#search-refusal")).toContainText("Too many searches from your network in a short time.");
  await expect(words).toHaveValue("four");
  proxy.close();
});
