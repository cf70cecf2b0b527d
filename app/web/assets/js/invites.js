// The hook of the invitations box: how many wait is told in the document's title, in every tab of the person.
import { waiting } from "./title.js";

export const Invites = {
  mounted() {
    this.tell();
  },

  updated() {
    this.tell();
  },

  destroyed() {
    waiting("invites", 0);
  },

  tell() {
    waiting("invites", Number(this.el.dataset.count) || 0);
  },
};
