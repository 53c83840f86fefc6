/** Makes pages without a chat live. Each element attaches to what the server has rendered. */
import { ChatList } from "./list/chat-list.js";
import { ChatNotice } from "./page/chat-notice.js";
import { LivePage } from "./page/live-page.js";
import { NotifySwitch } from "./page/notify-switch.js";
import "./commands/attach.js";
import "./install.js";
import "./list/sidebar.js";

// The parts first, since the page calls them as soon as it is defined.
customElements.define("chat-list", ChatList);
customElements.define("chat-notice", ChatNotice);
customElements.define("notify-switch", NotifySwitch);
customElements.define("live-page", LivePage);
