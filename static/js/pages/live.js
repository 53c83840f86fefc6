/** The live page. The parts first, since the frame calls them as soon as it is defined. */
import { ServerMonitor } from "../administration/server-monitor.js";
import "../frame.js";

customElements.define("server-monitor", ServerMonitor);
