// A visitor who speaks the socket's language (Phoenix channels, vsn 2.0.0) without a browser: joins a room and its
// conversation, says things, and says again with the same id what was not acknowledged.
import { randomUUID } from "node:crypto";
import WebSocket from "ws";
import { until } from "./until.js";
import { Visitor, attribute } from "./visitor.js";

const ANSWER_WITHIN_MS = 5_000;
/** As long as a connection is tried again, milliseconds. */
const AGAIN_EVERY_MS = 100;

const pause = (ms) => new Promise((over) => setTimeout(over, ms));

export class Client {
  constructor(url, path) {
    this.url = url;
    this.path = path;
    this.visitor = new Visitor(url);
    this.ref = 0;
    this.answers = new Map();
    this.topics = new Map();
    /** Ids of messages that the server said are stored. */
    this.acknowledged = new Set();
    /** What was shown, number by number, since the latest join: `[number, html-ish text]`. */
    this.shown = [];
    /** Every number ever shown, with all texts it was shown with. */
    this.everShown = new Map();
    this.faults = [];
    this.closed = false;
  }

  /** Loads the page and joins it; tries until that works. */
  async open() {
    await this.load();
    await this.connectAgain();
  }

  async load() {
    const { status, html } = await this.visitor.get(this.path);
    if (status !== 200) throw new Error(`${this.path}: ${status}`);
    const main = /<div id="([^"]*)" data-phx-main data-phx-session="([^"]*)" data-phx-static="([^"]*)"/.exec(html);
    [, this.viewId, this.session, this.static] = main;
    this.postEvent = eventName(attribute(html, /id="composer"[^>]*phx-submit="([^"]*)"/));
  }

  /** Connects, and again whenever the line is lost, until `close`. */
  async connectAgain() {
    while (!this.closed) {
      try {
        await this.connect();
        return;
      } catch {
        this.socket?.terminate();
        await pause(AGAIN_EVERY_MS);
      }
    }
  }

  async connect() {
    const query = new URLSearchParams({ _csrf_token: this.visitor.csrf, vsn: "2.0.0" });
    const socket = new WebSocket(`${this.url.replace("http", "ws")}/live/websocket?${query}`, {
      headers: { cookie: this.visitor.cookie, origin: this.url },
    });
    let isJoined = false;
    this.socket = socket;
    this.topics.clear();
    socket.on("message", (data) => this.hear(JSON.parse(data.toString())));
    socket.on("error", () => {});
    socket.on("close", () => {
      for (const { reject } of this.answers.values()) reject(new Error("lost"));
      this.answers.clear();
      if (isJoined && !this.closed) this.back = this.connectAgain();
    });
    await new Promise((opened, failed) => {
      socket.once("open", opened);
      socket.once("close", () => failed(new Error("closed")));
    });
    const params = { _csrf_token: this.visitor.csrf, _mounts: 0, _mount_attempts: 0 };
    const main = await this.join(`lv:${this.viewId}`, {
      url: this.url + this.path, params, session: this.session, static: this.static, sticky: false,
    });
    const feed = feedIn(main.rendered);
    this.shown = [];
    const joined = await this.join(`lv:${feed.id}`, { params, session: feed.session, static: null, sticky: false });
    this.see(joined.rendered);
    isJoined = true;
  }

  async join(topic, payload) {
    const ref = String(++this.ref);
    this.topics.set(topic, ref);
    return this.push(ref, ref, topic, "phx_join", payload);
  }

  push(joinRef, ref, topic, event, payload) {
    return new Promise((resolve, reject) => {
      if (this.socket.readyState !== WebSocket.OPEN) return reject(new Error("lost"));
      const timer = setTimeout(() => reject(new Error(`${event} was not answered`)), ANSWER_WITHIN_MS);
      const done = (act) => (value) => (clearTimeout(timer), act(value));
      this.answers.set(ref, { resolve: done(resolve), reject: done(reject) });
      this.socket.send(JSON.stringify([joinRef, ref, topic, event, payload]));
    });
  }

  hear([joinRef, ref, topic, event, payload]) {
    if (event === "phx_reply") {
      const answer = this.answers.get(ref);
      this.answers.delete(ref);
      if (payload.status === "ok") {
        this.heed(topic, payload.response.diff);
        answer?.resolve(payload.response);
      } else {
        answer?.reject(new Error(JSON.stringify(payload.response)));
      }
    } else if (joinRef === null || joinRef === this.topics.get(topic)) {
      if (event === "diff") this.heed(topic, payload);
      else this.socket.close();
    }
  }

  heed(topic, diff) {
    if (!diff) return;
    for (const [name, payload] of diff.e ?? []) {
      if (name === "posted") this.acknowledged.add(payload.id);
    }
    if (topic !== `lv:${this.viewId}`) this.see(diff);
  }

  /** Takes in what a tree or a diff of the conversation shows. */
  see(tree) {
    for (const entry of streamEntries(tree)) {
      const text = JSON.stringify(entry);
      const number = Number(/"m-(\d+)"/.exec(text)?.[1]);
      const last = this.shown.at(-1) ?? -Infinity;
      if (number === last + 1 || last === -Infinity) this.shown.push(number);
      else if (number > last) this.faults.push(`${number} came after ${last}`);
      const body = /<p>([^<]*)<\/p>/.exec(text)?.[1];
      const known = this.everShown.get(number) ?? new Set();
      this.everShown.set(number, known.add(body));
    }
  }

  /** Says `body`, with one id however often that takes; returns when it is acknowledged. */
  async say(body, withinMs = 40_000) {
    const id = randomUUID();
    await until(`“${body}” is acknowledged`, withinMs, async () => {
      await this.back;
      if (this.acknowledged.has(id)) return true;
      const topic = `lv:${this.viewId}`;
      const value = new URLSearchParams({ _csrf_token: this.visitor.csrf, message_id: id, body }).toString();
      const payload = { type: "form", event: this.postEvent, value, meta: {} };
      try {
        const answer = await this.push(this.topics.get(topic), String(++this.ref), topic, "event", payload);
        const refusal = JSON.stringify(answer);
        if (!this.acknowledged.has(id) && refusal.includes("Please wait")) await pause(300);
      } catch {
        // Lost, or not answered: once more, under the same id.
      }
      return this.acknowledged.has(id);
    });
    return id;
  }

  close() {
    this.closed = true;
    this.socket?.close();
  }
}

/** The event that a form sends: its name, or the `push` of a JS command. */
function eventName(submit) {
  if (!submit.startsWith("[")) return submit;
  return JSON.parse(submit).find(([name]) => name === "push")[1].event;
}

/** Id and token of the conversation, from the tree of the room's view. */
function feedIn(tree) {
  for (const text of stringsIn(tree)) {
    const found = /id="(room-[^"]*)"[^>]*? data-phx-session="([^"]+)"/.exec(text);
    if (found) return { id: found[1], session: found[2] };
  }
  throw new Error("the room's tree holds no conversation");
}

function* stringsIn(value) {
  if (typeof value === "string") yield value;
  else if (value && typeof value === "object") for (const inner of Object.values(value)) yield* stringsIn(inner);
}

/** The entries of every stream in a tree, in order. */
function* streamEntries(tree) {
  if (!tree || typeof tree !== "object") return;
  if (tree.stream && tree.k) for (let i = 0; i < tree.k.kc; i += 1) yield tree.k[i];
  else for (const inner of Object.values(tree)) yield* streamEntries(inner);
}
