# ruff: noqa: RUF001
"""Words that speech synthesisers speak, to pretrain on: by the language of the voice.

Left out on purpose are numbers, letters, names of days and months, and usual commands, which
measure what a backbone learns of new words.
"""

__all__ = ["WORDS"]

WORDS = {
    "en": """
        about above again almost animal answer apple arrive autumn baby balloon banana basket
        battery beach because bedroom before behind believe between bicycle birthday blanket
        bottle bottom branch bread breakfast bridge bring brother bucket building butter button
        cabbage camel camera candle carpet carrot castle ceiling change cheese cherry chicken
        children chimney chocolate circle city cloud coffee cold colour computer cookie corner
        cotton country cousin cucumber curtain dance danger daughter deep desert different dinner
        doctor dolphin donkey dragon dream driver early earth elbow elephant engine evening every
        family farmer father feather fence field finger finish flower forest forget fork
        friend frog future game garden garlic gentle giant giraffe glass glove goat gold grandma
        grape grass guitar hammer heart heavy hello helmet hidden holiday honey hospital
        hotel hungry island jacket journey juice jungle kangaroo kettle kitchen kitten knife
        ladder lake language laugh lazy leather lemon letter library lion listen little lobster
        lucky machine magic market measure melon mermaid message metal middle milk mirror monkey
        morning mountain mouse mouth music napkin nature needle neighbour nephew never noise
        north nothing number nurse ocean office onion orange other oven oyster paint palace
        paper parent parrot pencil people pepper person phone piano picture pillow pirate planet
        plastic please pocket police potato present prince purple puzzle queen question quiet
        rabbit rainbow raven razor reading remember ribbon river robot rocket ruler sailor salad
        sandwich saturn scarf school scissors season secret shadow sheep shoulder silver simple
        sister sky sleep slipper smoke snake soldier south spider spoon square squirrel stable
        station stomach stone story strange strawberry street sugar summer sunshine supper
        sweater table tailor teacher telephone temple thank thief think thirsty thunder ticket
        tiger together tomato tongue towel tower traffic travel treasure triangle trousers trumpet
        turtle umbrella uncle under vegetable village violin visitor volcano voyage wagon water
        weather wedding whale whisper window winter wizard wolf wonder wooden world yellow young
        zebra alexa jarvis lights heating garage alarm volume
    """,
    "es": """
        abuelo agua amigo arroz avion azul bailar barco bebida biblioteca bosque botella caballo
        cabeza cama camino cancion casa cebolla cielo ciudad cocina comida corazon cuchara dinero
        escuela espejo familia flor fuego gato guitarra hermano hijo huevo iglesia invierno jardin
        jugar lapiz leche lengua libro lluvia luna madera manzana mariposa mesa mujer naranja
    """,
    "fr": """
        abeille aimer ami arbre argent bateau beurre boire bonjour bouche cheval chien ciel
        citron clef coeur couteau crayon cuisine demain dormir eau eglise enfant etoile famille
        femme fenetre feuille fleur fromage gateau grenouille herbe hiver jardin jaune lapin livre
        lumiere maison manger montagne mouton nuage oiseau pain papillon
    """,
    "it": """
        acqua albero amico arancia bambino barca bicchiere bosco caffe camicia cane capelli
        castello cavallo chiave cielo coltello cuore cucina domani farfalla fiore finestra fiume
        formaggio forchetta gatto gelato ghiaccio giardino inverno latte lavoro libro luce luna
        maestra mela montagna neve nonna occhio orologio pane pesce pioggia
    """,
    "de": """
        apfel baum berg bleistift blume brot bruder brunnen buch danke fenster fisch flasche
        fliegen freund garten gemuese gesicht glocke haus himmel hund kartoffel katze kirche koenig
        kuchen lampe loeffel maedchen mutter nacht pferd pfeffer regen schatten schiff schluessel
        schmetterling schule sommer sprache stuhl tasche tochter vogel wasser zwiebel
    """,
    "ru": """
        бабушка берег ветер вода время гора город девочка дерево деньги дождь дорога друг жизнь
        завтра зима зеркало картина книга корабль кошка лампа лето лошадь масло мама молоко море
        музыка небо облако огонь окно песня письмо поезд птица работа река ребёнок рыба сахар
        собака солнце стол улица хлеб школа яблоко
    """,
}
"""By language: words, apart by blanks."""
