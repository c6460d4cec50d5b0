import "../keys/cardea-keys";

document.body.append(document.createElement("cardea-keys"));
