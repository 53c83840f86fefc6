"""Everyday words that mean about the same, in English and German.

Word vectors know more of them, but are optional and English. Words of a group may stand for each
other in either language, so that a German question also finds an English text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

_GROUPS = """
    chat conversation dialogue discussion thread unterhaltung gespraech verlauf
    history verlauf past earlier
    document file pdf dokument datei unterlage
    picture image photo photograph bild foto aufnahme
    delete remove erase discard loeschen entfernen
    get-rid dispose disposal entsorgen entsorgung
    upload hochladen add
    download export herunterladen exportieren
    import uebernehmen importieren
    backup sicherung sichern datensicherung
    restore recover undo zurueckholen wiederherstellen zurueckspielen rueckgaengig
    update upgrade aktualisieren aktualisierung neueste latest newest
    share teilen weitergeben freigeben
    revoke unshare widerrufen zuruecknehmen
    rename umbenennen title titel
    search find look suchen finden suche
    send schicken senden geschickt verschicken submit transmit
    store save keep speichern gespeichert aufbewahren stored located liegen
    private privacy confidential secret privat datenschutz vertraulich geheim
    read see view lesen sehen mitlesen ansehen
    account login registration register konto anmeldung registrieren
    password passwort kennwort
    phone telephone mobile smartphone cellphone handy telefon
    computer laptop pc machine rechner notebook
    internet online web netz
    offline ohne
    language sprache
    error fault failure problem trouble fehler stoerung problem
    broken defect defective damaged faulty kaputt defekt beschaedigt
    reject refuse decline ablehnen abgelehnt
    reason cause grund ursache
    stop halt cancel abort anhalten abbrechen stoppen
    start begin commence launch beginn beginnen starten anfangen
    end finish expire ende enden auslaufen
    install setup set-up installieren einrichten installation
    connect link attach verbinden anschliessen
    key schluessel
    price cost costs fee charge preis kosten kostet gebuehr
    free gratis kostenlos umsonst
    money budget geld
    pay payment paid payable due zahlen bezahlen zahlung begleichen ueberweisen transfer faellig
    due payable faellig zahlbar zahlen zahlung payment pay
    bill invoice rechnung
    total sum amount summe betrag gesamtbetrag
    tax vat steuer mehrwertsteuer umsatzsteuer
    discount rebate rabatt skonto nachlass
    salary wage pay gehalt lohn verdienst
    rent miete kaltmiete
    flat apartment wohnung
    house building haus gebaeude
    landlord owner vermieter vermieterin eigentuemer
    tenant renter lessee mieter mieterin
    lease tenancy contract agreement mietvertrag mietverhaeltnis vertrag
    deposit kaution mietsicherheit
    notice termination terminate kuendigung kuendigen kuendigungsfrist
    room zimmer raum
    floor storey stock stockwerk etage obergeschoss
    parking parkplatz stellplatz tiefgarage tiefgaragenstellplatz garage
    repair fix mend maintenance reparatur reparieren instandsetzung
    pet animal dog cat haustier tier hund katze kleintier
    smoke smoking rauchen
    noise loud noisy laut laerm ruhe nachtruhe leise
    night nachts nacht
    article item product artikel produkt
    pump pumpe
    cable cord kabel
    summer sommer
    festival fest
    key-date date termin datum
    meeting assembly sitzung treffen versammlung
    minutes protocol protokoll
    participant present attendee attend teilnehmer anwesend
    absent missing apologies abwesend entschuldigt fehlen
    vote elect election wahl waehlen gewaehlt
    chair chairman head lead leader leiter leiterin leitung leiten vorsitz vorsitzende
    project projekt
    organise organize arrange charge responsible organisieren zustaendig verantwortlich
    warranty guarantee garantie gewaehrleistung gewaehr
    claim beanspruchen geltend
    purchase buy bought kaufen kauf gekauft
    receipt proof beleg quittung kassenbon
    customer client kunde kundin
    company firm business employer firma unternehmen arbeitgeber betrieb
    aktenzeichen geschaeftszeichen zeichen az
    file aktenzeichen geschaeftszeichen zeichen akte
    judge richter richterin
    plaintiff claimant klaeger klaegerin
    defendant beklagter beklagte
    lawyer attorney solicitor counsel anwalt anwaeltin rechtsanwalt rechtsanwaeltin
    witness zeuge zeugin
    doctor physician arzt aerztin
    caretaker janitor hausmeister hausmeisterin hauswart
    treasurer kassenwart kassenwartin schatzmeister schatzmeisterin
    seller vendor verkaeufer verkaeuferin
    buyer purchaser kaeufer kaeuferin
    supplier lieferant lieferantin
    contact ansprechpartner ansprechpartnerin sachbearbeiter sachbearbeiterin
    author autor autorin verfasser verfasserin
    director geschaeftsfuehrer geschaeftsfuehrerin
    boss manager supervisor chef vorgesetzter
    employee staff worker mitarbeiter angestellter
    colleague coworker others other kollege kollegen andere
    job work employment arbeit beruf
    holiday vacation leave urlaub ferien
    sick ill illness krank krankheit
    certificate note attest bescheinigung
    office workplace buero
    remote homeoffice
    expense refund reimburse erstatten spesen
    food meal eat meals essen mahlzeit verpflegung
    trip journey travel travelling reise fahrt
    flight fly plane flug fliegen flugzeug
    luggage baggage suitcase bag gepaeck koffer
    hotel accommodation unterkunft hotel
    book booking reservation reserve buchen buchung reservierung
    arrive arrival check-in ankunft ankommen anreise
    depart departure abreise abflug abfahrt
    bike bicycle cycle fahrrad rad velo
    insurance insure cover policy versicherung versichern police
    premium versicherungsbeitrag praemie
    excess deductible selbstbeteiligung selbstbehalt
    car vehicle auto fahrzeug wagen
    address live residence adresse anschrift wohnen
    born birth geboren geburt geburtsdatum
    name heissen heisst
    applicant antragsteller antragstellerin
    application apply antrag beantragen bewerbung
    permit licence permission allowed genehmigung erlaubnis
    sign signature unterschrift unterschreiben
    recipe rezept
    ingredient zutat zutaten
    bake oven backen ofen backofen
    cook kochen
    serve portion people persons personen leute portionen
    temperature heat degrees temperatur hitze grad
    duration time period dauer zeit laenge frist
    size big large area groesse flaeche wohnflaeche
    weight weigh weighs heavy gewicht wiegt schwer
    load capacity beladung fassungsvermoegen fuellmenge
    electricity power energy consumption strom energie verbrauch stromverbrauch
    water wasser
    clean cleaning wash reinigen putzen saeubern reinigung
    dishwasher spuelmaschine geschirrspueler
    washing-machine waschmaschine
    programme program programm
    display show indicate anzeige anzeigen zeigen
    door tuer
    child kid children kids kind kinder
    school class schule klasse
    teacher lehrer lehrerin klassenlehrerin
    parent eltern
    excursion outing klassenfahrt ausflug
    swim swimming schwimmen schwimmunterricht geschwommen
    bring mitbringen mitzubringen
    colour color farbe farbton
    paint painting streichen anstrich anstreichen gestrichen maler malerarbeiten
    wall wand waende
    website site homepage webseite
    notification alert benachrichtigung
    answer reply response antwort
    question ask frage
    model ai llm modell ki sprachmodell
    train training trainieren trainiert
    crash outage stromausfall absturz
    dark night-mode dunkel dunkles
    correct fix edit change korrigieren verbessern aendern bearbeiten
    typo mistake tippfehler fehler
    copy kopieren kopie
    move migrate umziehen umzug
    person someone somebody people
    open opening hours geoeffnet offen oeffnungszeiten erreichbar reachable available sprechzeiten
"""

SYNONYMS: Mapping[str, frozenset[str]]
"""For each folded word, others that mean about the same."""


def _read(groups: str) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in groups.strip().splitlines():
        words = line.split()
        for word in words:
            found[word].update(other for other in words if other != word)
    return {word: frozenset(others) for word, others in found.items()}


SYNONYMS = _read(_GROUPS)
