import { describeLaws } from "../testing/describeLaws.js";
import { wireLaws } from "./list.js";

describeLaws("the laws on wire", wireLaws);
