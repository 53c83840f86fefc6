/** The npm package eventsource: `node eventsource.js <url>` writes each event's id and data. */
import { EventSource } from "eventsource";

import { follow } from "./follow.js";

follow(EventSource, process.argv[2], console.log);
