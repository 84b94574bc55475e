"""Airports, and which of them somebody may mean who has typed so much."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Airport:
    code: str
    city: str
    country: str


def matching(text: str) -> list[Airport]:
    """Return the airports with a code, or words of a city or country, that begin with the text; the best first."""
    wanted = _plain(text)
    if not wanted:
        return []
    ranked = ((rank, airport) for airport in AIRPORTS if (rank := _rank(airport, wanted)) is not None)
    return [airport for _rank, airport in sorted(ranked, key=lambda each: (each[0], each[1].city))]


def _rank(airport: Airport, wanted: str) -> int | None:
    """Return how well an airport fits, 0 for the best; None if it doesn't."""
    city, country = _plain(airport.city), _plain(airport.country)
    if airport.code.lower() == wanted:
        return 0
    if city.startswith(wanted):
        return 1
    if any(f" {wanted}" in f" {name}" for name in (city, country)):
        return 2
    return 3 if airport.code.lower().startswith(wanted) else None


def _plain(text: str) -> str:
    """Return a text without accents and in small letters: who types “Malaga” means “Málaga”."""
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


_LIST = """
Argentina: EZE Buenos Aires, COR Córdoba
Australia: ADL Adelaide, BNE Brisbane, MEL Melbourne, PER Perth, SYD Sydney
Austria: GRZ Graz, INN Innsbruck, SZG Salzburg, VIE Vienna
Belgium: BRU Brussels, CRL Charleroi
Brazil: GIG Rio de Janeiro, GRU São Paulo
Bulgaria: SOF Sofia, VAR Varna
Canada: YUL Montréal, YYC Calgary, YYZ Toronto, YVR Vancouver
Chile: SCL Santiago
China: CAN Guangzhou, PEK Beijing, PVG Shanghai
Colombia: BOG Bogotá, MDE Medellín
Croatia: DBV Dubrovnik, SPU Split, ZAG Zagreb
Cyprus: LCA Larnaca, PFO Paphos
Czechia: PRG Prague
Denmark: AAL Aalborg, BLL Billund, CPH Copenhagen
Egypt: CAI Cairo, HRG Hurghada
Estonia: TLL Tallinn
Ethiopia: ADD Addis Ababa
Finland: HEL Helsinki, RVN Rovaniemi, TKU Turku
France: BOD Bordeaux, CDG Paris, LYS Lyon, MRS Marseille, NCE Nice, NTE Nantes, TLS Toulouse
Germany: BER Berlin, CGN Cologne, DRS Dresden, DUS Düsseldorf, FRA Frankfurt, HAM Hamburg, LEJ Leipzig, MUC Munich, \
NUE Nuremberg, STR Stuttgart
Greece: ATH Athens, HER Heraklion, RHO Rhodes, SKG Thessaloniki
Hungary: BUD Budapest
Iceland: AEY Akureyri, KEF Reykjavík
India: BLR Bengaluru, BOM Mumbai, CCU Kolkata, DEL Delhi
Indonesia: CGK Jakarta, DPS Denpasar
Ireland: DUB Dublin, ORK Cork, SNN Shannon
Israel: TLV Tel Aviv
Italy: BLQ Bologna, CTA Catania, FCO Rome, MXP Milan, NAP Naples, VCE Venice
Japan: FUK Fukuoka, HND Tokyo, KIX Osaka
Kenya: MBA Mombasa, NBO Nairobi
Latvia: RIX Riga
Lithuania: VNO Vilnius
Luxembourg: LUX Luxembourg
Malaysia: KUL Kuala Lumpur, PEN Penang
Malta: MLA Malta
Mexico: CUN Cancún, MEX Mexico City
Morocco: CMN Casablanca, RAK Marrakesh
Netherlands: AMS Amsterdam, EIN Eindhoven
New Zealand: AKL Auckland, CHC Christchurch, WLG Wellington
Nigeria: ABV Abuja, LOS Lagos
Norway: BGO Bergen, OSL Oslo, TOS Tromsø, TRD Trondheim
Peru: LIM Lima
Poland: GDN Gdańsk, KRK Kraków, WAW Warsaw
Portugal: FAO Faro, FNC Funchal, LIS Lisbon, OPO Porto
Qatar: DOH Doha
Romania: CLJ Cluj-Napoca, OTP Bucharest
Serbia: BEG Belgrade
Singapore: SIN Singapore
Slovakia: BTS Bratislava
Slovenia: LJU Ljubljana
South Africa: CPT Cape Town, DUR Durban, JNB Johannesburg
South Korea: ICN Seoul, PUS Busan
Spain: AGP Málaga, BCN Barcelona, BIO Bilbao, IBZ Ibiza, MAD Madrid, PMI Palma, SVQ Seville, VLC Valencia
Sweden: ARN Stockholm, GOT Gothenburg, LLA Luleå, MMX Malmö
Switzerland: BSL Basel, GVA Geneva, ZRH Zürich
Tanzania: DAR Dar es Salaam, JRO Kilimanjaro
Thailand: BKK Bangkok, CNX Chiang Mai, HKT Phuket
Tunisia: TUN Tunis
Turkey: AYT Antalya, ESB Ankara, IST Istanbul
United Arab Emirates: AUH Abu Dhabi, DXB Dubai
United Kingdom: BFS Belfast, BHX Birmingham, EDI Edinburgh, GLA Glasgow, LHR London, MAN Manchester
United States: ATL Atlanta, BOS Boston, DEN Denver, JFK New York, LAX Los Angeles, MIA Miami, ORD Chicago, \
SEA Seattle, SFO San Francisco
Vietnam: HAN Hanoi, SGN Ho Chi Minh City
"""


def _read(text: str) -> list[Airport]:
    airports = []
    for line in text.strip().splitlines():
        country, _colon, cities = line.partition(": ")
        airports += [Airport(city[:3], city[4:], country) for city in cities.split(", ")]
    return airports


AIRPORTS = _read(_LIST)
