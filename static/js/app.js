/** Makes the page live. Each element attaches to what the server has rendered. */
import { ChatAnswer } from "./chat-answer.js";
import { ChatApp } from "./chat-app.js";
import { ChatComposer } from "./chat-composer.js";
import { ChatEarlier } from "./chat-earlier.js";
import { ChatHeading } from "./chat-heading.js";
import { ChatList } from "./chat-list.js";
import { ChatLog } from "./chat-log.js";
import { ChatNotice } from "./chat-notice.js";
import { ChatRound } from "./chat-round.js";
import { ChatSteps } from "./chat-steps.js";
import { NotifySwitch } from "./notify-switch.js";
import { loadPickerOnDemand } from "./picker-on-demand.js";
import { attachShortcuts } from "./shortcuts.js";
import "./sidebar.js";

// The parts first: the app as a whole calls them as soon as it is defined.
customElements.define("chat-answer", ChatAnswer);
customElements.define("chat-steps", ChatSteps);
customElements.define("chat-round", ChatRound);
customElements.define("chat-earlier", ChatEarlier);
customElements.define("chat-log", ChatLog);
customElements.define("chat-list", ChatList);
customElements.define("chat-heading", ChatHeading);
customElements.define("chat-notice", ChatNotice);
customElements.define("chat-composer", ChatComposer);
customElements.define("notify-switch", NotifySwitch);
customElements.define("chat-app", ChatApp);

attachShortcuts(document.querySelector("#shortcuts"));
loadPickerOnDemand(document.querySelector(".composer"));
if (document.querySelector("chat-choice [data-models]")) import("./chat-choice.js");
