// @ts-check
/** What every page of the Studio uses. Pages with more to do load their own modules besides. */

import "./dialog.js";
import "./live.js";
import "./menu.js";
import "./time.js";
