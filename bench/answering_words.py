"""What people say who answer their telephone, and what machines do, in four languages.

Each greeting is a list of phrases, with pauses between them; `{name}`, `{firm}` and `{digits}` are
filled in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Phrases = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """One language's."""

    hello: tuple[str, ...]
    """Said by itself, and once more if nobody answers."""
    named: tuple[Phrases, ...]
    firm: tuple[Phrases, ...]
    personal: tuple[Phrases, ...]
    """Machines' that people have spoken to."""
    carrier: tuple[Phrases, ...]
    short: tuple[Phrases, ...]
    names: tuple[str, ...]
    firms: tuple[str, ...]
    fillers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def filled(self, phrases: Phrases, chance: np.random.Generator) -> Phrases:
        """A name, a firm and a number for the places that want them; the same throughout."""
        digits = " ".join(map(str, chance.integers(0, 10, 7)))
        name, firm = str(chance.choice(self.names)), str(chance.choice(self.firms))
        return tuple(each.format(name=name, firm=firm, digits=digits) for each in phrases)


WORDS = {
    "en": Words(
        hello=("Hello?", "Yes?", "Hello.", "Hi.", "Yeah?", "Good morning."),
        named=(
            ("{name} speaking.",),
            ("Hello, {name} here.",),
            ("Hello?", "Who is this?"),
            ("Hello, this is {name}.",),
            ("This is {name}, hello.",),
            ("Yes, hello, who is calling please?",),
        ),
        firm=(
            ("{firm}, good morning, {name} speaking.",),
            ("{firm}, how can I help you?",),
            ("Good afternoon, {firm}, this is {name}, how may I help you?",),
            ("{firm}, sales department, good afternoon.",),
            ("Thank you for calling {firm}, my name is {name}, how may I direct your call?",),
        ),
        personal=(
            (
                "Hi, this is {name}.",
                "I can't come to the phone right now.",
                "Please leave a message after the beep, and I will call you back.",
            ),
            (
                "Hello, you have reached {digits}.",
                "We are not at home at the moment, so please leave your name and number.",
            ),
            ("Hi!", "You've reached the voice mail of {name}.", "Leave me a message. Thanks."),
            ("Hello,", "you're through to {firm}. Our office is closed now. Please call again."),
            (
                "This is {name}.",
                "Sorry I missed your call.",
                "Leave your name and number and I will get back to you as soon as I can.",
            ),
            (
                (
                    "You have reached the phone of {name}, please leave a message "
                    "or send me a text, and I will call you as soon as I can."
                ),
            ),
        ),
        carrier=(
            (
                "The person you are calling is not available.",
                "Please leave your message after the tone.",
            ),
            ("Your call has been forwarded to an automatic voice message system.", "{digits}"),
            ("Welcome to the voice mail service. Please record your message after the tone.",),
            (
                "Hello.",
                "No one is available to take your call.",
                "Please leave a message after the tone.",
            ),
            (
                "The mailbox of",
                "{digits}",
                "is not available. At the tone, please record your message.",
            ),
        ),
        short=(
            ("Leave a message.",),
            ("{name}. Leave a message.",),
            ("Hi, it's {name}.",),
            ("You know what to do.",),
            ("Please leave a message after the beep.",),
        ),
        names=("John", "Anna Smith", "Peter Brown", "Mary", "George Miller", "Kate"),
        firms=("Acme Logistics", "Blue River Dental", "Harrison and Sons", "City Taxi"),
    ),
    "hu": Words(
        hello=("Halló?", "Igen?", "Tessék!", "Halló.", "Igen, tessék?", "Szia!"),
        named=(
            ("{name}.",),
            ("Halló, itt {name}.",),
            ("Jó napot, {name} vagyok.",),
            ("Halló?", "Ki az?"),
            ("{name} vagyok, halló.",),
            ("Igen, halló, ki keres, kérem?",),
        ),
        firm=(
            ("{firm}, jó napot kívánok, {name} vagyok.",),
            ("{firm}, miben segíthetek?",),
            ("Jó napot kívánok, {firm}, {name} vagyok, miben segíthetek?",),
            ("{firm}, értékesítés, jó napot kívánok.",),
            ("Köszönjük, hogy a {firm} számát hívta, {name} vagyok, kit kapcsolhatok?",),
        ),
        personal=(
            (
                "Szia, {name} vagyok.",
                "Most nem tudom felvenni a telefont.",
                "Kérlek, hagyj üzenetet a sípszó után, és visszahívlak.",
            ),
            (
                "Jó napot kívánok, ön a {digits} számot hívta.",
                "Jelenleg nem vagyunk otthon, kérjük, hagyja meg a nevét és a számát.",
            ),
            ("Halló!", "Ez {name} hangpostája.", "Hagyjon üzenetet. Köszönöm."),
            ("Üdvözöljük!", "Ön a {firm} irodáját hívta. Irodánk most zárva tart."),
            (
                "Itt {name}.",
                "Sajnálom, hogy nem tudtam felvenni.",
                "Hagyja meg a nevét és a számát, és amint tudom, visszahívom.",
            ),
            (
                (
                    "Ez {name} telefonja, kérem, hagyjon üzenetet, vagy írjon egy üzenetet, "
                    "és amint tudom, visszahívom."
                ),
            ),
        ),
        carrier=(
            ("A hívott szám jelenleg nem elérhető.", "Kérjük, a sípszó után hagyjon üzenetet."),
            ("Az ön által hívott előfizető pillanatnyilag nem kapcsolható.", "{digits}"),
            ("Üdvözöljük a hangposta szolgáltatásban. Mondja el üzenetét a sípszó után.",),
            (
                "Jó napot kívánok.",
                "Jelenleg senki sem tudja fogadni a hívását.",
                "Kérjük, a sípszó után hagyjon üzenetet.",
            ),
            ("A", "{digits}", "számú hangposta nem elérhető. A sípszó után mondja el üzenetét."),
        ),
        short=(
            ("Hagyj üzenetet!",),
            ("{name}. Hagyj üzenetet!",),
            ("Szia, itt {name}.",),
            ("Tudod, mit kell tenned.",),
            ("Kérem, a sípszó után hagyjon üzenetet.",),
        ),
        names=("Kovács Péter", "Nagy Anna", "Szabó Gábor", "Éva", "Tóth László", "Zsuzsa"),
        firms=("Kék Duna Kft", "Kovács és Társa", "Belvárosi Fogászat", "Városi Taxi"),
    ),
    "pl": Words(
        hello=("Halo?", "Słucham?", "Tak?", "Halo.", "Tak, słucham.", "Cześć."),
        named=(
            ("{name}, słucham.",),
            ("Halo, tu {name}.",),
            ("Dzień dobry, {name}.",),
            ("Halo?", "Kto mówi?"),
            ("Mówi {name}, halo.",),
            ("Tak, słucham, a kto dzwoni?",),
        ),
        firm=(
            ("{firm}, dzień dobry, mówi {name}.",),
            ("{firm}, w czym mogę pomóc?",),
            ("Dzień dobry, {firm}, przy telefonie {name}, w czym mogę pomóc?",),
            ("{firm}, dział sprzedaży, dzień dobry.",),
            ("Dziękujemy za telefon do {firm}, nazywam się {name}, z kim mam połączyć?",),
        ),
        personal=(
            (
                "Cześć, tu {name}.",
                "Nie mogę teraz odebrać telefonu.",
                "Zostaw wiadomość po sygnale, a oddzwonię.",
            ),
            (
                "Dzień dobry, dodzwoniłeś się pod numer {digits}.",
                "Nie ma nas teraz w domu, proszę zostawić imię i numer telefonu.",
            ),
            ("Cześć!", "Tu poczta głosowa, {name}.", "Zostaw mi wiadomość. Dziękuję."),
            ("Dzień dobry,", "tu {firm}. Nasze biuro jest teraz nieczynne. Proszę dzwonić jutro."),
            (
                "Tu {name}.",
                "Przepraszam, że nie odbieram.",
                "Proszę zostawić imię i numer, a oddzwonię, jak tylko będę mógł.",
            ),
            (
                (
                    "To jest telefon, {name}, proszę zostawić wiadomość albo napisać, "
                    "a oddzwonię najszybciej, jak będę mógł."
                ),
            ),
        ),
        carrier=(
            ("Abonent jest czasowo niedostępny.", "Prosimy zostawić wiadomość po sygnale."),
            ("Połączenie zostało przekierowane do poczty głosowej numeru", "{digits}"),
            ("Witamy w poczcie głosowej. Po usłyszeniu sygnału proszę nagrać wiadomość.",),
            (
                "Dzień dobry.",
                "Nikt nie może teraz odebrać telefonu.",
                "Proszę zostawić wiadomość po sygnale.",
            ),
            (
                "Skrzynka głosowa numeru",
                "{digits}",
                "jest niedostępna. Po sygnale proszę nagrać wiadomość.",
            ),
        ),
        short=(
            ("Zostaw wiadomość.",),
            ("{name}. Zostaw wiadomość.",),
            ("Cześć, tu {name}.",),
            ("Wiesz, co robić.",),
            ("Proszę zostawić wiadomość po sygnale.",),
        ),
        names=("Jan Kowalski", "Anna Nowak", "Piotr", "Maria Wiśniewska", "Zofia", "Tomasz Lis"),
        firms=("Hurtownia Kowalski", "Przychodnia Zdrowie", "Nowak i Synowie", "Radio Taksi"),
    ),
    "et": Words(
        hello=("Halloo?", "Jah?", "Kuulen.", "Jaa.", "Tere!", "Jah, kuulen?"),
        named=(
            ("{name} kuuleb.",),
            ("Halloo, siin {name}.",),
            ("Tere, mina olen {name}.",),
            ("Halloo?", "Kes räägib?"),
            ("Mina olen {name}, halloo.",),
            ("Jah, halloo, kes helistab, palun?",),
        ),
        firm=(
            ("{firm}, tere päevast, {name} kuuleb.",),
            ("{firm}, kuidas saan aidata?",),
            ("Tere päevast, {firm}, mina olen {name}, kuidas saan teid aidata?",),
            ("{firm}, müügiosakond, tere päevast.",),
            ("Täname, et helistasite, {firm}, minu nimi on {name}, kellega teid ühendada?",),
        ),
        personal=(
            (
                "Tere, siin {name}.",
                "Ma ei saa praegu telefonile vastata.",
                "Palun jäta teade pärast piiksu, ja ma helistan tagasi.",
            ),
            (
                "Tere, te helistasite numbrile {digits}.",
                "Meid ei ole praegu kodus, palun jätke oma nimi ja number.",
            ),
            ("Tere!", "See on {name} kõnepost.", "Jätke mulle teade. Aitäh."),
            ("Tere,", "siin {firm}. Meie kontor on praegu suletud. Palun helistage homme."),
            (
                "Siin {name}.",
                "Vabandust, et ma ei vastanud.",
                "Jätke oma nimi ja number, ja ma helistan teile esimesel võimalusel.",
            ),
            (
                (
                    "See on {name} telefon, palun jätke teade või kirjutage mulle, "
                    "ja ma helistan teile esimesel võimalusel tagasi."
                ),
            ),
        ),
        carrier=(
            (
                "Number, millele te helistate, ei ole kättesaadav.",
                "Palun jätke teade pärast tooni.",
            ),
            ("Teie kõne on suunatud kõneposti numbrile", "{digits}"),
            ("Tere tulemast kõneposti. Palun salvestage oma teade pärast helisignaali.",),
            (
                "Tere.",
                "Keegi ei saa praegu teie kõnele vastata.",
                "Palun jätke teade pärast tooni.",
            ),
            ("Number", "{digits}", "ei ole kättesaadav. Pärast tooni salvestage palun oma teade."),
        ),
        short=(
            ("Jäta teade.",),
            ("{name}. Jäta teade.",),
            ("Tere, siin {name}.",),
            ("Sa tead, mida teha.",),
            ("Palun jätke teade pärast piiksu.",),
        ),
        names=("Mari Tamm", "Jaan", "Peeter Saar", "Kadri", "Toomas Kask", "Liis"),
        firms=("Eesti Kaubad", "Sinine Meri", "Tamme Hambaravi", "Linna Takso"),
    ),
}
