import { Client } from "../client.js";
import { Room, expect, test } from "../test.js";
import { until } from "../until.js";
import { history, say, startRoom } from "../visitor.js";

const CLIENTS = 50;
const SAID_BEFORE = 200;

test("a server that is killed while fifty talk loses nothing that was acknowledged", async ({ mortal, person }) => {
  test.setTimeout(180_000);
  const { url } = mortal;
  const path = await startRoom(url, "Fifty");
  for (let from = 0; from < SAID_BEFORE; from += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, i) => say(url, path, `earlier ${from + i}`)));
  }

  // One at the bottom, and one who reads far up and has written half a sentence.
  const low = await Room.open(await person({ baseURL: url }), path);
  const high = await Room.open(await person({ baseURL: url }), path);
  await expect(async () => {
    await high.conversation.evaluate((element) => (element.scrollTop = -element.scrollHeight));
    expect((await high.read())[0][0]).toBe(1);
  }).toPass();
  await high.conversation.evaluate((element) => (element.scrollTop += 300));
  await high.box.fill("half a sentence, and");
  const reading = await high.page.evaluate(() => {
    const edge = document.querySelector("#scroller").getBoundingClientRect().top;
    return Number(Array.from(document.querySelectorAll(".message")).find((item) => item.getBoundingClientRect().top >= edge).dataset.number);
  });
  const place = await high.place(reading);

  const clients = Array.from({ length: CLIENTS }, () => new Client(url, path));
  await Promise.all(clients.map((client) => client.open()));
  const said = [];
  let acknowledged = 0;
  const talk = async (client, who, count) => {
    for (let i = 1; i <= count; i += 1) {
      const body = `client ${who} says ${said.length}`;
      said.push(body);
      await client.say(body);
      acknowledged += 1;
    }
  };
  const talking = Promise.all(clients.map((client, who) => talk(client, who, 6)));
  await until("many are acknowledged", 30_000, async () => acknowledged >= 100);
  await mortal.kill();
  const beforeTheCut = acknowledged;
  expect(said.length, "somebody was in the middle of it").toBeGreaterThan(beforeTheCut);
  await mortal.start();
  await talking;
  expect(acknowledged).toBe(CLIENTS * 6);

  // Each is there once, whatever was sent twice.
  const stored = await history(url, path);
  const bodies = stored.map(({ body }) => body.replace(/<\/?p>/g, ""));
  expect(stored.map(({ number }) => number)).toEqual(stored.map((_, i) => i + 1));
  expect(bodies.filter((body) => body.startsWith("client ")).toSorted()).toEqual(said.toSorted());
  expect(bodies.filter((body) => body.startsWith("earlier ")).length).toBe(SAID_BEFORE);

  // Nobody saw anything else, or in another order.
  await until("everyone has seen the last", 10_000, async () => clients.every((client) => client.shown.at(-1) === stored.length));
  const otherwise = clients.flatMap((client) =>
    [...client.everShown].filter(([number, texts]) => texts.size !== 1 || !texts.has(bodies[number - 1])),
  );
  expect(otherwise).toEqual([]);
  expect(clients.flatMap((client) => client.faults)).toEqual([]);
  clients.forEach((client) => client.close());

  // The pages came back by themselves: draft, place, and what a fresh load shows.
  await low.isCurrent();
  await expect(low.message(bodies.at(-1))).toBeInViewport();
  expect(await low.above()).toBe(0);
  await high.isCurrent();
  await expect(high.box).toHaveValue("half a sentence, and");
  await expect.poll(async () => (await high.read()).map(([number]) => number)).toEqual(stored.map(({ number }) => number));
  expect((await high.read()).map(([, body]) => body)).toEqual(bodies);
  expect(Math.abs((await high.place(reading)) - place)).toBeLessThan(3);
  await expect(high.newest).toBeVisible();

  const fresh = await Room.open(await person({ baseURL: url }), path);
  const list = await fresh.list();
  expect(list.length).toBeGreaterThan(50);
  expect(await low.list()).toEqual(list);
  expect(await high.list()).toEqual(list);
});
