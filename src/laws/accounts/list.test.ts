import { describeLaws } from "../testing/describeLaws.js";
import { accountLaws } from "./list.js";

describeLaws("the laws on accounts", accountLaws);
