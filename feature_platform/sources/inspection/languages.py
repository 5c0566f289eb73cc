"""Which country's clock an export probably shows, guessed from the language of its headers."""

import re
from collections import Counter
from collections.abc import Iterable

# Stems of words that climate computers use for their columns, and that few other languages share.
STEMS = {
    "Europe/Copenhagen": "fugtighed|udetemp|sætpunkt|indstråling|gardin|afd|celle|krav|vind|varme|dosering|måling|"
    "lys|stråling|rør|vejrstation|tidspunkt|dato|måling|vindue|skygge|vanding|belysning|lufttemperatur",
    "Europe/Amsterdam": "buiten|straling|kas|vocht|luchtvochtigheid|afdeling|raam|raamstand|scherm|buis|meting|"
    "temperatuur|tijd|windsnelheid|gemeten|verwarming|belichting|lucht|gift",
    "Europe/Berlin": "feuchte|luftfeuchte|luftfeuchtigkeit|aussen|außen|heizung|strahlung|lüftung|schirm|gewächshaus|"
    "uhrzeit|zeit|zeitpunkt|außentemperatur|sollwert|istwert|lufttemperatur|abteil|helligkeit|bewässerung",
    "Europe/Stockholm": "fuktighet|luftfuktighet|växthus|strålning|börvärde|utetemp|utetemperatur|tidpunkt|avdelning|"
    "rumstemp|värme|mätning|lufttemperatur",
    "Europe/Oslo": "fuktighet|luftfuktighet|veksthus|utetemp|utetemperatur|settpunkt|måling|avdeling|tidspunkt",
    "Europe/Paris": "humidité|serre|température|rayonnement|chauffage|heure|extérieure|ouvrants|écran|consigne",
    "Europe/Madrid": "humedad|invernadero|radiación|hora|fecha|exterior|riego|ventana|calefacción|temperatura",
    "Europe/Rome": "umidità|serra|radiazione|ora|esterna|riscaldamento|finestre|temperatura",
    "Europe/Warsaw": "wilgotność|temperatura|szklarnia|promieniowanie|ogrzewanie|zewnętrzna|czas|godzina",
    "Europe/Helsinki": "lämpötila|kosteus|kasvihuone|säteily|aika|ulkolämpötila|lämmitys|tuuletus",
}
# Letters that a language has and most others have not; they weigh less than a word.
LETTERS = {"Europe/Copenhagen": "æø", "Europe/Oslo": "æø", "Europe/Stockholm": "äå", "Europe/Helsinki": "ä"}
LETTERS |= {"Europe/Berlin": "ßü", "Europe/Warsaw": "łśżź", "Europe/Madrid": "ñ"}
WORD_WEIGHT = 4


def guess_zone(texts: Iterable[str]) -> str | None:
    """The zone of the country whose language the texts speak; None where nothing tells."""
    joined = " ".join(texts).casefold()
    words = Counter(re.findall(r"[^\W\d_]+", joined))
    scores = {
        zone: WORD_WEIGHT * sum(words[stem] > 0 for stem in set(stems.split("|"))) for zone, stems in STEMS.items()
    }
    for zone, letters in LETTERS.items():
        scores[zone] += sum(letter in joined for letter in letters)
    best = max(scores, key=lambda zone: scores[zone])
    return best if scores[best] >= WORD_WEIGHT else None
