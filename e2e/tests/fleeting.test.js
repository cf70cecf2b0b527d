import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Room, arrive, expect, isLive, test } from "../test.js";
import { until } from "../until.js";
import { Visitor } from "../visitor.js";

// Rooms are looked at every second, and whoever closes a tab is gone after one.
test.use({ serverOptions: { settings: "grace_seconds = 1\nhousekeeping_every_seconds = 1\n" } });

const IDLE_MS = 10_000;
const GONE_WITHIN_MS = 30_000;

/** A room that is erased `IDLE_MS` after the last has left. */
async function startFleeting(url, title) {
  const { status, location } = await new Visitor(url).send("/rooms", { title, retention: String(IDLE_MS) });
  expect(status).toBe(303);
  return location;
}

/** The files of the data folder in which `text` stands. */
async function filesWith(folder, text) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const holds = await Promise.all(files.map(async (file) => (await readFile(file)).includes(text)));
  return files.filter((_, i) => holds[i]);
}

test("a fleeting room says when it ends, ends then, and leaves a receipt and no text", async ({ server, person }) => {
  test.setTimeout(120_000);
  const path = await startFleeting(server.url, "Ephemeral-Zanzibar");
  const anas = await arrive(await person(), "Ana", path);
  await expect(anas.page.locator(".room-facts")).toContainText("Erased 10 seconds after the last has left");
  await anas.sayAndClear("The password is Xylophone-Quartz-77.");
  await anas.sayAndClear("Forget it, please.");
  const stays = await startFleeting(server.url, "Somebody is here");
  const bens = await arrive(await person(), "Ben", stays);
  await bens.sayAndClear("As long as I look, this stays.");
  expect(await filesWith(server.folder, "Xylophone-Quartz-77"), "need it in a file for this to mean anything").not.toEqual([]);

  const lobby = await person();
  await lobby.goto("/");
  await isLive(lobby);
  const listed = lobby.locator(".room-list li").filter({ hasText: "Ephemeral-Zanzibar" });
  await expect(listed).toBeVisible();
  await expect(listed.locator("[data-until]"), "somebody is there").toHaveCount(0);
  const leftAt = Date.now();
  await anas.page.goto("about:blank");
  const deadline = Date.parse(await listed.locator("[data-until]").getAttribute("data-until"));
  await expect(listed).toContainText(/erased .+ if nobody comes/);
  // Times are told in whole seconds.
  expect(deadline + 1_000).toBeGreaterThanOrEqual(leftAt + IDLE_MS);

  await expect(listed).toHaveCount(0, { timeout: GONE_WITHIN_MS });
  await anas.page.goto(path);
  await isLive(anas.page);
  await expect(anas.page.getByRole("heading", { level: 1 })).toHaveText("This room is gone");
  await expect(anas.page.getByText(/This room expired on .*\. 2 messages were erased; nothing is left\./)).toBeVisible();
  const erasedAt = Date.parse(await anas.page.locator("#outside time").getAttribute("datetime"));
  expect(erasedAt).toBeGreaterThanOrEqual(deadline);
  await until("no file has the text", GONE_WITHIN_MS, async () => {
    for (const text of ["Xylophone-Quartz-77", "Forget it, please", "Ephemeral-Zanzibar"]) {
      if ((await filesWith(server.folder, text)).length > 0) return false;
    }
    return true;
  });
  // The other one's time began at the same moment, and somebody was in it.
  await bens.sayAndClear("Still here.");
  expect((await new Visitor(server.url).get(stays)).html).toContain("As long as I look, this stays.");
});

test("whoever comes before the deadline saves the room", async ({ server, person }) => {
  const path = await startFleeting(server.url, "Saved");
  const other = await startFleeting(server.url, "Not saved");
  const ana = new Visitor(server.url);
  await ana.get("/");
  for (const room of [other, path]) expect((await ana.send(`${room}/post`, { body: "Come back soon." })).status).toBe(303);
  // A page over HTTP is nobody's presence, and tells the deadline.
  expect((await ana.get(path)).html).toMatch(/Erased <span data-until="[^"]+">[^<]+<\/span> unless somebody comes/);
  const bens = await Room.open(await person(), path);
  await until("the other is gone", GONE_WITHIN_MS, async () => (await ana.get(other)).html.includes("This room is gone"));
  await expect(bens.message("Come back soon.")).toBeVisible();
  await bens.sayAndClear("I am here.");
});
