import { describeLaws } from "../testing/describeLaws.js";
import { siblingLaws } from "./list.js";

describeLaws("the laws on siblings", siblingLaws);
