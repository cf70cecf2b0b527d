import { Line } from "../line.js";
import { Room, expect, test } from "../test.js";
import { until } from "../until.js";
import { history, say, startRoom } from "../visitor.js";

test("what was sent into a dying line lands once", async ({ server, person }) => {
  const path = await startRoom(server.url, "Bad line");
  const line = await Line.to(server.port);
  try {
    const page = await person({ baseURL: line.url });
    const room = await Room.open(page, path);
    await room.sayAndClear("before");

    // The server hears and stores it; the page never learns.
    line.swallow();
    await room.say("did it arrive?");
    await until("the message is stored", 5_000, async () => (await history(server.url, path)).length === 2);
    await expect(room.box).toHaveValue("did it arrive?");
    line.cut();
    await expect(page.getByText(/Not sent yet/)).toBeVisible();
    await say(server.url, path, "meanwhile");
    line.mend();
    await expect(room.box).toHaveValue("");
    await expect.poll(() => room.read()).toEqual([[1, "before"], [2, "did it arrive?"], [3, "meanwhile"]]);
    expect(await history(server.url, path)).toHaveLength(3);
  } finally {
    line.close();
  }
});

test("what is written while the line is cut goes out when it is back", async ({ server, person }) => {
  const path = await startRoom(server.url, "Cut line");
  const line = await Line.to(server.port);
  try {
    const page = await person({ baseURL: line.url });
    const room = await Room.open(page, path);
    await room.sayAndClear("before");
    line.cut();
    await expect(page.locator("html")).toHaveAttribute("data-connection", "lost");
    await room.say("written in a tunnel");
    await expect(page.getByText(/Not sent yet/)).toBeVisible();
    await expect(room.box).toHaveValue("written in a tunnel");
    await say(server.url, path, "said outside");
    line.mend();
    await expect(room.box).toHaveValue("");
    await expect(page.locator("html")).toHaveAttribute("data-connection", "back");
    await expect.poll(() => room.read()).toEqual([[1, "before"], [2, "said outside"], [3, "written in a tunnel"]]);
    await room.isCurrent();
    const live = await room.list();
    await page.reload();
    await room.isCurrent();
    expect(await room.list()).toEqual(live);
  } finally {
    line.close();
  }
});
