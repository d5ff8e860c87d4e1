import { describeLaws } from "../testing/describeLaws.js";
import { errorLaws } from "./list.js";

describeLaws("the laws on errors", errorLaws);
