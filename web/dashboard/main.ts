import "./shell";

document.body.append(document.createElement("cardea-dashboard"));
