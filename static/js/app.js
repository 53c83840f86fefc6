/** Makes the page live. Each element attaches to what the server has rendered. */
import { ChatAnswer } from "./chat/chat-answer.js";
import { ChatApp } from "./chat/chat-app.js";
import { ChatComposer } from "./composer/chat-composer.js";
import { ChatEarlier } from "./chat/chat-earlier.js";
import { ChatHeading } from "./chat/chat-heading.js";
import { ChatList } from "./list/chat-list.js";
import { ChatLog } from "./chat/chat-log.js";
import { ChatNotice } from "./page/chat-notice.js";
import { ChatRound } from "./chat/chat-round.js";
import { ChatSteps } from "./chat/chat-steps.js";
import { NotifySwitch } from "./page/notify-switch.js";
import { loadChoice } from "./composer/choice-on-demand.js";
import { loadPickerOnDemand } from "./composer/picker-on-demand.js";
import "./commands/attach.js";
import "./install.js";
import "./list/sidebar.js";

// The end of a long answer takes long to parse: what follows is a task of its own.
if (document.querySelector(".chunk")) setTimeout(define);
else define();

function define() {
  // The parts first, since the app calls them as soon as it is defined.
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
}

loadPickerOnDemand(document.querySelector(".composer"));
const models = document.querySelector("chat-choice:has([data-models]) .model-button");
if (models) loadChoice(models);
