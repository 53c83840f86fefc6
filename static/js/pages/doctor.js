/** The page of the stream doctor. */
import "../doctor/doctor.js";
import "../frame.js";
