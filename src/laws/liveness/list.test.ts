import { describeLaws } from "../testing/describeLaws.js";
import { livenessLaws } from "./list.js";

describeLaws("the laws on liveness", livenessLaws);
