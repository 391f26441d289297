# ruff: noqa: RUF001
"""Words that speech synthesisers speak, to pretrain on: by the language of the voice.

Left out on purpose are numbers, letters, names of days and months, and usual commands, which
measure what a backbone learns of new words.
"""

__all__ = ["WORDS"]

WORDS = {
    "en": """
        about above again alarm alexa almost animal answer ant apple arm arrive autumn baby bag
        ball balloon banana barn basket bath battery beach beak because bed bedroom before
        behind believe bell belt between bicycle bike bird birthday blanket boat bone book boot
        bottle bottom bowl box boy branch bread breakfast bridge bring brother brush bucket
        building bus butter button cabbage cake camel camera candle cap car carpet carrot castle
        cat ceiling chair chalk change cheek cheese cherry chicken children chimney chin
        chocolate circle city clock cloth cloud coat coffee cold colour computer cookie corn
        corner cotton country cousin cow crab crown cucumber cup curtain dance danger daughter
        deep deer desert different dinner dish doctor dog doll dolphin donkey door dragon dream
        driver drum duck dust ear early earth egg elbow elephant engine evening every face
        family fan farmer father feather fence field finger finish fish flag flower flute fog
        foot forest forget fork fox friend frog future game garage garden garlic gentle giant
        giraffe glass glove goat gold goose grandma grape grass guitar gum hammer hand hat heart
        heating heavy hello helmet hen hidden hill holiday honey hook horse hospital hotel house
        hungry ink island jacket jar jarvis journey juice jungle kangaroo kettle key king
        kitchen kitten knee knife ladder lake lamp language laugh lazy leaf leather leg lemon
        letter library lights lion lip listen little lobster log lucky machine magic map market
        measure melon mermaid message metal middle milk mirror monkey moon morning mountain
        mouse mouth mud music nail napkin nature neck needle neighbour nephew nest never noise
        north nose nothing number nurse nut ocean office onion orange other oven owl oyster
        paint palace paper parent parrot pencil people pepper person phone piano picture pig
        pillow pirate planet plastic please pocket police pot potato present prince purple
        puzzle queen question quiet rabbit rainbow raven razor reading remember ribbon rice
        river robot rocket roof rope ruler sailor salad salt sand sandwich saturn scarf school
        scissors season secret shadow sheep shirt shoe shoulder silver simple sister sky sleep
        slipper smoke snake soap sock soldier soup south spider spoon square squirrel stable
        star station stomach stone story strange strawberry street sugar summer sunshine supper
        sweater table tailor teacher telephone temple thank thief think thirsty thunder ticket
        tiger together tomato tongue tooth towel tower toy traffic travel treasure tree triangle
        trousers trumpet turtle umbrella uncle under vase vegetable village violin visitor
        volcano volume voyage wagon wall water weather wedding whale whisper window wing winter
        wizard wolf wonder wooden world yellow young zebra
    """,
    "es": """
        abuelo agua aire ala amigo anillo árbol arena arroz avión bailar baño barco barro bebé
        bebida beso biblioteca boca bolsa bosque bota botella buey burro caballo cabeza caja cal
        cama camino canción cara casa cebolla ceja cielo ciervo ciudad cocina col comida corazón
        coser cruz cuchara cuchillo dedo diente dinero ducha dulce escoba escuela espejo familia
        faro fiesta flan flor frío fuego fuente galleta gallina gato gol gorra gota grillo
        guitarra hermano hierro hilo hoja horno huevo iglesia invierno isla jabón jardín jefe
        joya juego jugar lago lámpara lápiz leche lechuga lengua león libro lluvia loro luna luz
        madera maleta mano manzana mar mariposa mesa miel mujer muñeca naranja niño nube nuez
        oído ojo olla oso país pala pan pato paz peine pelo perro pez pie piedra piel pino plato
        pluma pollo polvo pueblo puente puerta pulpo queso rana ratón red reina rodilla ropa
        rosa sal salsa sapo seda sol sombra sopa taza tiburón tiza toro tren tubo uña uva vaca
        vaso vela voz zorro
    """,
    "fr": """
        abeille aimer ami arbre arc argent balai barbe bateau beurre bille blé boire bois
        bonjour bouche bras cadeau carotte carte chat chef chemise cheval cheveu chien ciel cil
        citron clef cloche clou coeur conte coq corps côte cou craie crayon crème cuir cuisine
        cuivre dame demain dent dormir drap écureuil église enfant épée étoile faim famille fée
        femme fenêtre fer feu feuille fil fille flamme fleur fontaine four fourmi frère froid
        fromage front gant gare gâteau girafe gomme gorge goût grenouille gris herbe hiver île
        jambe jardin jaune jeu joie joue jour jus lac lait langue lapin larme lèvre lit livre
        loup lourd lumière lune main maison manche manger mari mer miel montagne mouche mouton
        mur nain nez nid nuage nuit oeil oiseau ongle ours pain papillon peau peigne père pied
        pluie poche pont porc pot poule prune quai renard rêve riz robe rose roue ruche sac sel
        singe soie soif soir soleil sucre tarte terre tête tigre toit tour vague veau vent voix
        voleur
    """,
    "it": """
        acqua aglio ago ala albero amico anello angelo ape arancia aria arte asino bambino banca
        barba barca becco bicchiere birra bocca bosco braccio buco bue burro caffè camicia
        campana cane canto capelli casa castello cavallo cena cera chiave chiodo cielo cipolla
        coda corda cosa croce cucina cuore dado danza dito divano dolce domani erba faccia fame
        farfalla fata fico figlio filo finestra fiore fiume foglia forchetta formaggio formica
        forno fragola freddo fumo fungo gallo gara gatto gelato gente ghiaccio giardino gola
        grano grillo gru gufo inverno lago lana latte lavoro libro luce luna lupo madre maestra
        mago mano mare mela miele montagna mosca muro nano naso nastro nave neve nido nipote
        noce nonna nube oca occhio olio ombra orecchio oro orologio orso osso pace padre pane
        pecora pepe pera pesce petto piede pioggia pipa principe ragno rana re regalo riso rosa
        sale sangue sapone sasso scuola seta sole sorella tazza tempo tetto tigre topo toro
        treno uomo uovo uva vaso vela vento voce zia zucca
    """,
    "de": """
        apfel auge ball bank bär baum berg bleistift blume brot bruder brunnen brust buch burg
        butter danke ding dorf durst erde esel fenster feuer fisch flasche fliegen frau freund
        frosch gabel garten gast geld gesicht glocke gold gras hals hammer haus himmel holz huhn
        hund hut igel kaffee kalb kamm kartoffel käse katze kirche knie koffer könig korb kuchen
        lampe licht lied mann maus meer messer milch mund mutter nacht nebel obst ohr papier
        pfeffer pferd pflaume pilz regen reis ring salz schatten schiff schloss schmetterling
        schrank schuh schule schwan see seife sommer sprache stadt stein stuhl tasche tochter
        tür turm vogel wald wasser wein wind wolke wolle wurst zeit zelt ziege zimmer zucker
        zwiebel
    """,
    "ru": """
        бабушка банка берег бок брат бык ветер вода воробей время газ гора город гость грудь
        девочка деньги дерево дно дождь дорога друг дуб дым ёж жизнь жук завод завтра зверь
        земля зеркало зима зуб искра камень капля картина книга кожа корабль корова кость кошка
        край кровь крыша лампа лето лист лицо лоб лодка ложка лошадь мама масло мать мел молоко
        море муж музыка муха мышь мяч небо нитка ночь облако огонь окно остров палец парк перо
        песня письмо поезд птица пчела пыль работа ребёнок река роза рыба сад сахар свет сердце
        сестра снег собака сок солнце стол тело торт улица урок утро ухо хвост хлеб холм цвет
        цветок чашка шкаф школа шум яблоко ягода яйцо
    """,
    "cs": """
        babička bota bratr cesta chata chléb dítě dřevo dveře film holka hora hrad husa jablko
        jaro jazyk kámen kniha koleno kostel kůň kuře květ láska les léto loď lžíce máslo matka
        město míč mléko moře most motýl muž nebe noc noha nos nůž oheň okno oko ostrov otec ovce
        papír pes píseň pivo plot pole prst pták ráno ruka růže ryba sestra slunce sova sůl
        talíř tráva ucho vajíčko vlak vlk voda vrata žába zahrada zeď země židle zima zub
    """,
    "fi": """
        aamu äiti aurinko auto hattu hevonen hiiri hylly ikkuna ilma ilta isä jää jalka joki
        juusto kahvi kala kana käsi katu keitto kello kenkä ketju kieli kirja kissa kivi koti
        koulu kukka kuppi kuu kylä lapsi lasi lehmä lintu lumi maa maito marja meri mies mökki
        nainen nappi nenä orava ovi paita pallo pöytä puu ranta saari sade sauna silta sohva
        suola suu syksy talo tie tuli tuoli tuuli tyttö uni vene vesi voi yö
    """,
    "ca": """
        aigua amic arròs avi avió barca boca bosc braç camí camp cavall cel clau conill dent dit
        dona drap estel estiu ferro fil finestra flor formatge gall gat got hivern home jardí
        llapis llengua lleó llet llibre llit llop llum lluna mel mosca neu núvol ocell ovella
        pare pedra peix peu platja pluja poma pont porc rei riu sabata sol sucre taula teulada
        tren ull vaca vent veu vi xocolata
    """,
}
"""By language: words, apart by blanks."""
