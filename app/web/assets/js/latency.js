// The hook of the line that says how far away the server is: "connected, 12 ms".

const ASK_MS = 5_000;

export const Latency = {
  mounted() {
    this.ask = () => this.liveSocket.socket.ping((ms) => this.show(`connected, ${Math.round(ms)} ms`));
    this.timer = setInterval(this.ask, ASK_MS);
    this.ask();
  },

  disconnected() {
    this.show("not connected");
  },

  reconnected() {
    this.ask();
  },

  destroyed() {
    clearInterval(this.timer);
  },

  show(text) {
    this.el.hidden = false;
    this.el.querySelector(".latency-text").textContent = text;
  },
};
