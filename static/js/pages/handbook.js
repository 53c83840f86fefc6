/** A page of the handbook. */
import "../commands/attach.js";
import "../install.js";
import "../list/sidebar.js";
