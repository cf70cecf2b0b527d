// The hook of the whole room: marks what the viewer wrote.
//
// The conversation is rendered once for everyone, so it cannot say "mine". One style rule with the viewer's public id
// does, whatever arrives, without touching a single message. It is adopted as an object: no inline style is involved,
// and the content security policy stays strict.

export const Room = {
  mounted() {
    this.rule = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.rule];
    this.mark();
  },

  updated() {
    this.mark();
  },

  destroyed() {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.rule);
  },

  mark() {
    const { me } = this.el.dataset;
    if (me === this.me) return;
    this.me = me;
    // The style sheet says what these mean; see `.message`.
    const mine = "--mine: var(--surface-mine); --mine-label: ' (you)'";
    this.rule.replaceSync(me ? `.message[data-author="${CSS.escape(me)}"] { ${mine} }` : "");
  },
};
