import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Line } from "../line.js";
import { arrive, expect, isLive, nameGuest, startOwn, test } from "../test.js";
import { until } from "../until.js";
import { watch } from "../watching.js";

const listed = () => Array.from(document.querySelectorAll(".people-here .person .author"), (author) => author.textContent);
const said = () => Array.from(document.querySelectorAll("#feed .message .body"), (body) => body.textContent.trim());
const text = (selector) => document.querySelector(selector).textContent;

/** The pages know that their connection is gone, or that it is there again. */
const are = (connection, pages) =>
  Promise.all(pages.map((page) => expect(page.locator("html")).toHaveAttribute("data-connection", connection)));

/** The browsers say that there is a line again: the pages try at once, whatever pause they had come to. */
const areOnline = (pages) => Promise.all(pages.map((page) => page.evaluate(() => dispatchEvent(new Event("online")))));

for (const [how, signal] of [["is killed", "SIGKILL"], ["stops in its order", "SIGTERM"]]) {
  test(`nobody seems gone when the server ${how} and starts again`, async ({ mortal, person }) => {
    const { url, port } = mortal;
    const line = await Line.to(port);
    try {
      const anas = await startOwn(await person({ baseURL: url }), "Ana", "Steady");
      const bens = await arrive(await person({ baseURL: line.url }), "Ben", anas.path);
      const cleos = await arrive(await person({ baseURL: url }), "Cleo", anas.path);
      await bens.sayAndClear("It is quiet here.");
      await expect(anas.messages).toHaveCount(1);
      const lobby = await nameGuest(await person({ baseURL: url }), "Dora");
      await lobby.goto("/");
      await isLive(lobby);
      for (const room of [anas, bens]) await expect(room.here.locator(".author")).toHaveText(["Ana", "Ben", "Cleo"]);
      await expect(anas.page.locator("#people-count")).toHaveText("3");
      await expect(lobby.locator(".room-list li")).toContainText("3 here now");
      await expect(lobby.locator(".house-counts")).toContainText("4 people online");
      // Who came within the last second may be missed after a kill.
      const kept = () => readFile(join(mortal.folder, "attendance.json"), "utf8").catch(() => "");
      await until("it is kept that Dora came", 5_000, async () => (await kept()).includes("Dora"));

      const lists = [await watch(anas.page, listed), await watch(bens.page, listed)];
      const conversation = await watch(anas.page, said);
      const count = await watch(anas.page, text, "#people-count");
      const [present, online] = [await watch(lobby, text, ".room-list li"), await watch(lobby, text, ".house-counts")];
      await mortal.end(signal);
      // Ben is back after the others have looked, and Cleo does not come back.
      line.cut();
      await are("lost", [anas.page, bens.page, lobby]);
      await cleos.page.close();
      await mortal.start();
      await areOnline([anas.page, lobby]);
      await are("back", [anas.page, lobby]);
      await expect(bens.page.locator("html")).toHaveAttribute("data-connection", "lost");
      line.mend();
      await areOnline([bens.page]);
      await are("back", [bens.page]);
      for (const room of [anas, bens]) await expect(room.here.locator(".author")).toHaveText(["Ana", "Ben"]);
      await expect(anas.page.locator("#people-count")).toHaveText("2");
      await expect(lobby.locator(".room-list li")).toContainText("2 here now");
      await expect(lobby.locator(".house-counts")).toContainText("3 people online");

      for (const states of lists) expect(await states()).toEqual([["Ana", "Ben", "Cleo"], ["Ana", "Ben"]]);
      expect(await count()).toEqual(["3", "2"]);
      expect(await conversation(), "what was said is there all the time").toEqual([["It is quiet here."]]);
      // Beside these numbers the lobby has others, which have their own time to change.
      const numbers = async (states, what) => {
        const seen = (await states()).map((state) => new RegExp(`(\\d+) ${what}`).exec(state)?.[1]);
        return seen.filter((number, i) => number !== seen[i - 1]);
      };
      expect(await numbers(present, "here now")).toEqual(["3", "2"]);
      expect(await numbers(online, "people online")).toEqual(["4", "3"]);
    } finally {
      line.close();
    }
  });
}
