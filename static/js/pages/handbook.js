/** A page of the handbook. */
import "../install.js";
import "../list/sidebar.js";
