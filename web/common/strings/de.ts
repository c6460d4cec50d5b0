export const de = {
  cancel: "Abbrechen",
  close: "Schließen",
  save: "Speichern",
  copy: "Kopieren",
  copied: "Kopiert",
  tryAgain: "Erneut versuchen",
  loading: "Wird geladen …",
  actions: "Aktionen",
  copyFailed: "Kopieren ist hier nicht erlaubt. Der Text ist markiert: Strg+C oder ⌘C drücken.",
  unreachable: "Der Server hat nicht geantwortet. Bitte die Verbindung prüfen und erneut versuchen.",
  failed: "Der Server konnte das nicht ausführen (Status {status}). Bitte gleich noch einmal versuchen.",
  sessionEnded: "Die Sitzung ist abgelaufen. Bitte neu anmelden; alle Eingaben bleiben hier stehen.",
};
