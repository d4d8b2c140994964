"""What tells an emergency and what does not, as people type it; how the words are written, and how long it takes.

The sentences are ours, written to measure `bots/shared/emergency.yml`; every emergency must be found.
"""

import time
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from content.catalogue import Catalogue
from conversation.emergency import EmergencyWords, sounded

ROOT = Path(__file__).resolve().parents[2]
TOLERATED_FALSE_ALARMS = 0.04
"""Share of ordinary messages: 2 of 50."""

EMERGENCIES = [
    # heart and chest
    "siento una opresión bien fuerte en el pecho y me suda la frente",
    "a mi apá le duele re feo el pecho y se le va al brazo",
    "me esta doliendo el pehco desde hace rato",
    "tengo un dolor en el pexo que no me deja",
    "siento que se me sale el corazon me late rapido el corazon",
    "mi señora dice que le duele el corazon y esta palida",
    "punsadas en el pecho muy fuertes",
    "creo q le esta dando un infarto a mi suegro",
    "le dio un paro a mi hermano aqui en la casa",
    "me duele el brazo izquierdo y el pecho",
    "mi abuelito tiene mal el corazón y se puso frio",
    # breathing and choking
    "mi niña casi no puede respirar",
    "no puedo rrespirar ayuda",
    "le falta mucho el aire a mi mamá",
    "mi bebe se esta poniendo moradito",
    "se esta aogando mi hijo con un dulce",
    "mi hija se tragó una pila de reloj",
    "el niño se metió un frijol y se le atoró en la garganta",
    "se le está cerrando la garganta por una alergia",
    "tiene los labios asules y respira muy poquito apenas respira",
    "se atraganto con carne mi esposo",
    # unconscious, seizures
    "mi mamá no despierta por mas que le hablo",
    "encontre a mi vecino tirado en el piso y no contesta",
    "se desmallo mi hija en la escuela",
    "mi abuela perdió el conocimiento",
    "mi hijo esta combulcionando",
    "le dio un ataque epilectico a mi primo",
    "esta echando espuma por la boca",
    "mi papa se cayo y no se levanta, no responde",
    "la señora quedo inconciente",
    # bleeding
    "no le para la sangre a mi hijo, se cortó con un vidrio",
    "estoy sangrando muchisimo y me siento debil",
    "mi esposo esta vomitando sangre",
    "tiene una emorragia y no para",
    "se está desangrando mi amigo",
    "me corté la mano con la sierra y hay un charco de sangre",
    "le sale sangre a chorros de la cabeza",
    # poisoning
    "mi niño se tomó cloro",
    "mi hermana se tomo todas las pastillas de mi mama",
    "mi nieto de 2 años se comió unas pastillas de la presion, un monton",
    "mi perro no, mi hijo tomó raticida",
    "creo que nos estamos intoxicando con gas",
    "se bebio un frasco de jarabe completo",
    # stroke
    "a mi mamá se le fue la boca de lado, la tiene chueca",
    "de repente no puede hablar mi papá",
    "se me durmió la mitad de la cara",
    "mi suegra no mueve un brazo y habla raro",
    "creo que a mi tía le dio un derrame cerebral",
    "le está dando una embolia a mi papá",
    "se le adormecio todo un lado del cuerpo",
    # pregnancy
    "estoy embarazada y estoy sangrando",
    "tengo 7 meses de embarazo y me está saliendo agua y sangre",
    "se me reventó la fuente y no hay quien me lleve",
    "mi esposa esta embarasada y tiene dolores muy fuertes",
    "ya no siento que se mueva mi bebé en la panza",
    "tengo contracciones cada 5 minutos",
    "mi hermana esta dando a luz en el taxi",
    # self-harm
    "ya no tengo ganas de vivir",
    "no le veo sentido a seguir viviendo",
    "me quiero quitar la vida",
    "quiero morirme ya no aguanto",
    "pienso en el suisidio todo el dia",
    "mi hija se cortó las venas",
    "mi hermano dice que se va a matar",
    "estoy cansada de vivir asi, mejor muerta",
    # violence, children
    "mi esposo me está golpeando y no me deja salir",
    "mi pareja me pegó y tiene un cuchillo",
    "mi papá le pega a mi mamá ahorita",
    "mi padrastro abusa de mi hermanita la niña",
    "la vecina golpea a su bebe",
    "me tiene encerrada mi novio y dice que me va a matar",
    "unos hombres golpearon a mi hijo, está muy grave",
    # burns, falls, accidents, other
    "se le cayó agua hirviendo encima a mi niña",
    "se quemó con aceite la cara",
    "acaban de atropellar a una señora",
    "tuvimos un choque y hay heridos",
    "le dispararon a mi cuñado",
    "mi papá se cayó de las escaleras y se abrió la cabeza",
    "mi bebe tiene 40 de temperatura y no le baja",
    "a mi mama se le subio el azucar a 500 y esta como dormida",
    "por favor manden una anbulancia",
    "auxilio me estoy muriendo",
    "buenos dias disculpe, quería una cita pero ahorita mi esposa no puede respirar bien",
    "mi abuelo esta muy grave",
    # a second set, written after the file
    "me estan apretando el pecho no se que tengo",
    "siento como un elefante en el pecho",
    "le duele el torax y esta sudando frio",
    "mi corazon va a mil",
    "se me va el aire",
    "no jala aire mi niño",
    "mi bebe se puso azul",
    "le cuesta mucho trabajo respirar a mi mama",
    "tiene asma y no trae inhalador",
    "se trabo un pedazo de carne en el pescuezo",
    "se ahoga con la comida",
    "no contesta mi mama esta como dormida y no la puedo despertar",
    "quedo inconsciente despues del golpe",
    "le dan convulciones",
    "se puso tieso y le temblaba todo el cuerpo",
    "trae una herida muy profunda y sangra",
    "le sale sangre por la nariz y no para",
    "me estoy desangrando",
    "evacua sangre",
    "sangre en la orina y mucho dolor",
    "tengo 5 meses de embarazo y ando sangrando",
    "estoy embarazada y se me salio el liquido",
    "ya vienen las contracciones cada 3 min",
    "mi hijo se tomo el pinol",
    "se trago veneno para ratas",
    "tome muchas pastillas",
    "me tome todo el frasco de clonazepan",
    "ya no quiero estar aqui en este mundo",
    "quiero acabar con todo",
    "me quiero matar",
    "no aguanto mas quiero desaparecer",
    "mi hijo se quiere aventar del puente",
    "estoy pensando en quitarme la vida",
    "mi ex me esta amenazando con un cuchillo",
    "mi pareja me golpea",
    "me pegan en mi casa",
    "me golpea mi marido",
    "mi papá me pega mucho",
    "mi tio me toca y me da miedo",
    "violaron a mi hija",
    "se metieron a robar a mi casa y hay un herido",
    "hay balazos afuera",
    "le dieron un balaso",
    "me apuñalaron",
    "mi mama se cayo y se pego en la cabeza y vomita",
    "mi abuelita se cayo de la cama y no se puede parar",
    "se quemo mi niña con agua caliente",
    "mi hijo esta muy caliente 41 de fiebre",
    "tiene la cara chueca mi mama",
    "no siente la mitad del cuerpo",
    "se le trabo la lengua y no se le entiende nada",
    "de repente dejo de ver",
    "no puede caminar y se le va de lado la boca",
    "me mordio una vivora",
    "se electrocuto",
    "le cayo un rayo",
    "chocamos y mi hermano esta atrapado",
    "me atropellaron",
    "mi esposo no respira",
    "mi papá ya no respira bien",
    "urgente mi mamá se esta muriendo",
    "se me muere mi hijo",
    "necesito una ambulancia",
    "manden ayuda por favor mi bebe",
    "tengo un dolor insoportable en el estomago",
    "me duele horrible la panza y estoy embarazada",
    "traigo la presion muy alta y me duele la cabeza",
    "tengo el azucar en 40 y me estoy desmayando",
    "me siento muy mal creo que me voy a desmayar",
    "estoy muy mal no puedo ni pararme",
    "mi bebe no come ni se mueve",
    "mi recien nacido esta muy frio y no llora",
    "se esta ahorcando",
    "mi hijo se ahorco",
    "estoy en peligro",
    "me quieren matar",
    "mi esposo llego borracho y me quiere pegar",
    "me estan siguiendo",
    "mi niño se cayo a la alberca",
    "se me encajo un cuchillo",
    "urgencia medica",
    "es urjente mi papa tiene dolor de pecho",
    "me esta dando un ataque de panico no puedo respirar",
    "tengo mucho dolor en el corazon",
    "me duele el pcho",
    # a third one
    "mi mama tiene mucho dolor en el pecho y sudor",
    "me arde el pecho y no aguanto",
    "mi tia esta infartada",
    "se infarto mi papa ahorita",
    "mi niño trae el pecho hundido y respira muy rapido",
    "le silba el pecho y se pone azul",
    "mi hijo se ahoga con flemas",
    "se atoro un huesito de pollo en la garganta de mi hijo",
    "mi papa se quedo sin respiracion",
    "no le encuentro el pulso",
    "mi esposo se cayo y no reacciona",
    "la muchacha se desvanecio en la calle",
    "a mi hijo le dio una combulsion por la calentura",
    "mi perra no, mi hijo convulsiona",
    "se abrio la ceja y no para la sangre",
    "mi esposa esta en su menstruacion y sangra demasiado",
    "se me vino una hemorragia",
    "estoy embarazada me cai y me duele",
    "creo que estoy perdiendo a mi bebe",
    "estoy teniendo un aborto",
    "ya se le ve la cabeza al bebe",
    "mi hija tomo cloro por accidente",
    "inhale gas y me siento mareada",
    "se tomo el veneno de las hormigas",
    "mi sobrina se tomo 30 pastillas",
    "mi papa no puede levantar el brazo y habla como borracho",
    "tiene la mitad de la cara caida",
    "le hormiguea todo el lado izquierdo",
    "amanecio sin poder hablar mi mama",
    "quiero quitarme de en medio ya no puedo",
    "me quiero aventar al metro",
    "ya me corte los brazos",
    "tengo pensamientos de muerte",
    "prefiero estar muerto",
    "mi amiga mando un mensaje de despedida y se quiere morir",
    "me da miedo mi esposo me amenazo de muerte",
    "mi papa le esta pegando a mi mama",
    "me acaban de violar",
    "me acaban de asaltar y me dieron un navajaso",
    "mi vecino le pega a sus hijos",
    "dejaron a un bebe encerrado en el carro",
    "mi hijo lleva horas perdido",
    "se me quemo la mano con aceite hirviendo",
    "mi hija se cayo del segundo piso",
    "se golpeo la cabeza mi bebe y esta vomitando",
    "hubo un accidente y hay personas atrapadas",
    "se volco el camion y estamos heridos",
    "mi hijo tiene fiebre altisima y esta como ido",
    "mi mama tiene la presion en 220",
    "se le bajo el azucar y no responde",
    "no para de vomitar mi niña",
    "se hincho toda por una picadura de abeja y no respira bien",
    "me pico una araña violinista",
    "se trago una canica",
    "ayuda mi papa se muere",
    "es de vida o muerte",
    "corran por favor mi hijo",
    "esta agonizando mi abuela",
    # a fourth one
    "mi papa se esta agarrando el pecho y suda mucho",
    "tengo el brazo izquierdo dormido y me falta la respiracion",
    "se me sube el corazon a la garganta y no puedo respirar",
    "a mi bebe le silba el pecho y se le hunden las costillas",
    "mi mama se quedo sin moverse",
    "no siento las piernas de repente",
    "la niña se metio una semilla en la nariz y no respira",
    "se trago un pedazo de plastico",
    "mi perro mordio a mi hijo en la cara y sangra mucho",
    "se corto con el machete y se le ve el hueso",
    "mi hijo bebio gasolina",
    "comi hongos y me siento intoxicado",
    "mi hermana se quiso matar",
    "tengo una navaja y me voy a cortar",
    "no quiero despertar mañana",
    "ya me canse de vivir",
    "me golpearon y me duele mucho la cabeza",
    "mi esposo me quiere ahorcar",
    "mi ex esta afuera de mi casa con una pistola",
    "mi patron me encerro",
    "una señora esta pariendo en la calle",
    "tengo 8 meses y no se mueve mi bebe",
    "traigo un sangrado muy fuerte y estoy esperando bebe",
    "mi suegro esta todo torcido de la cara",
    "no coordina mi papa y dice incoherencias",
    "el señor ya no responde, no tiene pulso",
    "mi abuela no quiere abrir los ojos",
    "se puso todo morado mi esposo",
    "le dio un toque y quedo tirado",
    "mi hijo se cayo de la azotea",
    "se le salio mucha sangre por la boca",
    "mi diabetico esta inconsciente",
    "tiene la glucosa en 35 y suda frio",
    "mi niña tiene 40 y convulsiona",
    "ocupo ayuda mi mama no despierta",
    "me siento morir",
    "algo me dio en la cabeza y no puedo hablar bien",
    "se intoxico con medicamentos mi hija",
    "mi vecino amenaza con matarme",
    "socorro me estan pegando",
    # a fifth one
    "me truena el pecho y estoy mareada",
    "le duele feo el pecho a mi jefecita",
    "se le paro el corazon a mi papa",
    "ando bien agitado no puedo jalar aire",
    "mi niña se trago un arete",
    "mi hijo se esta asfixiando",
    "la señora de al lado no contesta y huele a gas",
    "mi bebe convulsiono hace ratito",
    "le brota la sangre y no se detiene",
    "ayer mi hijo se tomo thiner",
    "creo que mi abuelito tiene un derrame",
    "mi esposo no puede mover medio lado",
    "rompi fuente",
    "tengo ganas de matarme",
    "nadie me va a extrañar si me muero",
    "mi novio me pega y me encierra",
    "me viene a matar mi ex",
    "hay un niño abandonado llorando solo en la casa",
    "mi hijo de 3 años se perdio en el mercado",
    "se volteo la olla y se quemo toda la pierna",
    "se cayo del caballo y no se mueve",
    "me machuque la mano y se me ve el hueso",
    "tiene el azucar altisimo y esta delirando",
    "mi mama esta muy hinchada y no puede respirar",
    "me picaron muchas abejas",
    "estoy sangrando por abajo y tengo 3 meses de embarazo",
    "se me desmaya mi hija a cada rato",
    "mi papa ya no habla ni se mueve",
    "no me quiero morir ayudeme",
    "tengo un dolor que me parte el pecho",
    "ayudenme por favor me muero por favor",
    "mi papa esta muy grave y no lo atienden en urgencias",
    "siento un ataque de corazon",
    "lo dieron de alta y ahorita esta muy grave mi papa",
    # a sixth one
    "mi papa tiene un dolor en medio del pecho que le sube a la mandibula",
    "no le sale la voz a mi mama y se le cayo el brazo",
    "mi bebe dejo de respirar",
    "se esta poniendo blanca y no me contesta mi hermana",
    "tengo mucha sangre saliendo y estoy embarazada",
    "mi hijo tomo medicina de mas",
    "pienso aventarme a las vias",
    "mi esposo me esta ahorcando",
    "mi suegra convulsiona",
    "le cayo aceite hirviendo a mi hijo",
    "mi mama no puede hablar y tiene la boca de lado",
    "se intento ahorcar mi hermano",
    "siento que me va a dar un infarto",
    "mi abuelo se ahogo con un pedazo de carne",
    "me dispararon",
    "mi niña esta morada y no respira",
    "le sangra la cabeza mucho a mi papa se cayo",
    "mi hijo esta inconciente en el baño",
    "no se que le pasa a mi mama esta como ida y babea",
    "ya me tome las pastillas adios",
]  # fmt: skip

ORDINARY = [
    # hurry, sayings
    "me urge una cita para mañana",
    "es urgente que me resuelvan lo de mi vigencia",
    "me muero de ganas de ya tener mi cita",
    "me muero de hambre y sigo formado",
    "me late el corazón de coraje con ustedes",
    "ese horario me late, rápido por favor",
    "se lo agradezco de todo corazón",
    "me estoy ahogando en deudas y necesito mi pago",
    "el sistema no responde desde ayer",
    "la página se cayó y no me deja",
    "se cortó la llamada, me decía que llevara la mano del acta",
    # deaths, pensions, past events
    "se murió mi esposo y quiero pedir la pensión",
    "mi papá murió, necesito el velatorio",
    "si me muero quién cobra mi pensión",
    "mi marido me pega un seguro de los caros, ¿lo puede checar?",
    "el golpe fue hace un año y quiero incapacidad",
    "me dio un infarto el año pasado y quiero saber de mi invalidez",
    "mi esposo quedó mal del corazón y quiero tramitar su pensión de invalidez",
    "incapacidad por accidente de trabajo",
    "incapacidad por derrame, ¿cuántos días dan?",
    "cuántos días de incapacidad dan por el parto",
    "ya va a nacer mi bebé en marzo, ¿cuántas semanas me dan de maternidad?",
    "licencia por parto de mi esposa",
    "cómo registro a mi hijo recién nacido",
    "mi hijo ya nació, ¿cómo lo doy de alta?",
    "estoy embarazada y quiero cita de control",
    "tengo 12 semanas de embarazo, quiero mi primera cita",
    # everyday ailments
    "dolor de muela",
    "tengo dolor de cabeza desde ayer y quiero consulta",
    "me duele la rodilla desde hace meses quiero cita",
    "me duele la espalda, necesito una cita",
    "quiero cita para mi bebé que tiene tos",
    "necesito cita porque se me acabó el medicamento de la presión",
    "mi mamá padece de azúcar y quiero sacarle cita",
    "le pegó la gripa a mi hijo y quiero una cita",
    "se me durmió el gallo y perdí mi cita",
    "mis resultados de los análisis de sangre",
    "quiero donar sangre, ¿dónde es el banco de sangre?",
    "tomo ácido fólico, ¿me lo surten en la clínica?",
    "cita con el cardiólogo",
    # errands
    "teléfono de urgencias administrativas",
    "a qué hora abren urgencias",
    "quiero cambiar de clínica porque me fui a vivir a Toluca",
    "mi esposo dejó de vivir conmigo, ¿lo puedo quitar del seguro?",
    "no quiero esa cita, busque otra",
    "no quiero que mi patrón se entere",
    "no me aparece mi hijo en la vigencia",
    "me robaron la cartilla de mi hijo",
    "mi patrón no me paga la incapacidad",
    "mi niño no tiene médico asignado",
    "qué necesito para que mi mamá viva conmigo y la registre",
    "mi nss no aparece y no puedo entrar",
    "me atendieron muy mal y quiero quejarme",
    "el señor de la ventanilla me trató muy mal",
    "falta mucho para mi cita, ¿me la adelanta?",
    # a second set, written after the file
    "cuanto tarda el tramite de la constancia",
    "no puedo ir a la clinica porque trabajo",
    "mi mama no puede caminar bien, puede ir otra persona a hacer el tramite",
    "mi esposo no puede ir a firmar",
    "mi hijo no tiene seguro",
    "mi esposo trabaja en pemex y me quiere registrar",
    "no me deja entrar la pagina",
    "me quitaron la vida util de la credencial",
    "no puedo mover mi cita",
    "quiero mover mi cita de la pierna",
    "cita para quitar puntos de la mano",
    "me operaron del corazon hace 2 años quiero saber mi vigencia",
    "mi mama es enferma del corazon y la quiero registrar",
    "ya me canse de esperar no aguanto esta atencion",
    "estoy harta de su servicio",
    "no quiero seguir aqui esperando",
    "no tengo ganas de ir hasta alla",
    "quiero quitar a mi esposo de beneficiario",
    "me quede sin seguro y tengo azucar",
    "me cortaron el servicio",
    "me corto la llamada la señorita",
    "se cayo el internet",
    "vivo con mi papa y quiero ver la vida laboral",
    "semanas de vida laboral",
    "no vale la pena el servicio",
    "me duele el brazo por el trabajo, donde saco mi st7",
    "tengo una fractura, incapacidad",
    "a mi mama le toca consulta",
    "cual clinica le toca a mi hijo",
    "donde le toca a mi bebe",
    "mi jefe no me quiere dar mi incapacidad",
    "el doctor me nego la incapacidad",
    "me accidente en el trabajo y no me pagan",
    "mi hijo se registro con otro nombre",
    "mi nombre es Socorro Perez",
    "vivo en la calle sangre de cristo",
    "naci el 30 de enero y tengo presion",
    "mi papa fallecio ayer que hago con su pension",
    "como doy de baja a mi mamá que ya falleció",
    "quiero saber como esta mi papa que esta internado grave",
    "en que clinica esta mi hijo hospitalizado",
    "quiero cita con urgencia",
    "es urgente ayuda por favor con mi nss",
    "ayuda por favor rapido",
    "creo que mi numero esta mal",
    "creo que tengo mal mi fecha",
    "mi esposa se alivio y quiero registrar al bebe",
    "mi esposa va a tener bebe en un mes",
    "me dieron un papel para ultrasonido",
    "me dio mi patron un papel",
    "me dio un numero el señor",
    "tuvo un ataque de nervios la enfermera",
    "me ataco un perro hace un mes",
    "hay un paro de trabajadores",
    "el paro del sindicato",
    "no me registra el patron de mi hermano",
    "mi mama se cambio de casa y vive conmigo",
    "mi pareja y yo vivimos en union libre",
    "voy a vivir con mi mama y me quiero cambiar de clinica",
    "no quiero vivir tan lejos de la clinica",
    "el niño nacio el mes pasado",
    "mi bebe cumplio 40 dias",
    "quiero registrar a mi nieto en mi clinica",
    "se me cae la página",
    "me golpeo la inflacion",
    "que hago si se muere el titular",
    "para que sirve la constancia",
    "tengo gripa y dolor de garganta quiero cita",
    "dolor de garganta y temperatura quiero consulta",
    "traigo diarrea desde ayer puedo ir sin cita",
]  # fmt: skip


@pytest.mark.parametrize("text", EMERGENCIES)
def test_every_emergency_is_found(catalogue: Catalogue, text: str) -> None:
    assert catalogue.emergency().found_in(text)


def test_few_ordinary_messages_raise_a_false_alarm(catalogue: Catalogue) -> None:
    alarms = {text: told for text in ORDINARY if (told := catalogue.emergency().told_by(text))}
    assert len(alarms) <= TOLERATED_FALSE_ALARMS * len(ORDINARY), alarms


def test_the_sets_are_large_enough() -> None:
    assert len(set(EMERGENCIES)) >= 70
    assert len(set(ORDINARY)) >= 50


def test_a_message_is_read_in_a_moment(catalogue: Catalogue) -> None:
    words = catalogue.emergency()
    started = time.process_time()
    for text in ORDINARY:
        words.found_in(text)
    assert (time.process_time() - started) / len(ORDINARY) < 0.005  # about 0.0005 s on one slow core


@pytest.mark.parametrize(
    ("one", "other"),
    [("pecho", "pexo"), ("convulsion", "combulcion"), ("hijo", "ijo"), ("ahogando", "aogando"), ("desmayo", "desmallo"),
     ("respira", "rrespira"), ("hemorragia", "emorrajia"), ("quiero", "kiero")],
)  # fmt: skip
def test_words_that_sound_alike_are_one(one: str, other: str) -> None:
    assert sounded(one) == sounded(other)


def words_of(**fields: object) -> EmergencyWords:
    return EmergencyWords.model_validate({"prompt": "911", "words": ["no respira"], **fields})


def test_a_sign_counts_in_either_order_and_only_near() -> None:
    sign = {"name": "ojo", "any": ["duele"], "near": ["@partes"], "within": 2}
    words = words_of(signs=[sign], lists={"partes": ["ojo", "oid*"]})
    assert words.told_by("me duele mucho un ojo") == "ojo"
    assert words.found_in("el ojo me duele")
    assert words.found_in("duelle los oídos")
    stem = words_of(signs=[{"name": "brazo", "any": ["adormec*"], "near": ["brazo"]}])
    assert stem.found_in("se me adormeció un brazo")
    assert stem.found_in("brazo adormecado")
    assert not words.found_in("duele la muela y también un ojo")


def test_a_weak_sign_gives_way_and_a_strong_one_does_not() -> None:
    fields = {"unless": ["incapacidad"], "weak": ["parto"]}
    weak = words_of(signs=[{"name": "ojo", "any": ["duele"], "near": ["ojo"], "weak": True}], **fields)
    assert weak.found_in("me duele el ojo")
    assert not weak.found_in("incapacidad porque me duele el ojo")
    assert weak.found_in("parto")
    assert not weak.found_in("incapacidad por parto")
    assert weak.found_in("incapacidad y mi mamá no respira")


def test_harmless_expressions_hide_only_themselves() -> None:
    words = words_of(words=["me muero"], harmless=["me muero de ganas"])
    assert not words.found_in("me muero de ganas")
    assert words.found_in("me muero de ganas, y ahora sí me muero")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"words": ["No respira"]}, "small letters"),
        ({"words": ["corazón"]}, "small letters"),
        ({"words": ["so*"]}, "too many words"),
        ({"words": ["a*a"]}, "small letters"),
        ({"words": [""]}, "small letters"),
        ({"harmless": ["no respira"]}, "harmless"),
        ({"signs": [{"name": "a", "any": ["@nadie"], "near": ["b"]}]}, "nadie"),
        ({"signs": [{"name": "a", "any": ["b"], "near": []}]}, "near"),
        ({"signs": [{"name": "a", "any": ["b"], "near": ["c"], "within": 40}]}, "within"),
        ({"signs": [{"name": "a", "any": ["b"], "near": ["c"]}] * 2}, "named"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_file_is_refused_when_read(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        words_of(**fields)


def test_the_file_has_no_term_twice_in_a_group() -> None:
    data = yaml.safe_load((ROOT / "bots" / "shared" / "emergency.yml").read_text(encoding="utf-8"))
    groups = {key: data[key] for key in ("words", "weak", "unless", "harmless")} | data["lists"]
    assert {name: {one for one in terms if terms.count(one) > 1} for name, terms in groups.items()} == {
        name: set() for name in groups
    }
