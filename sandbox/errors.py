"""The error codes of the sandbox and the one exception that carries them (services.md §10)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

FORMAT, IDENTITY, BUSINESS, SECURITY, TECHNICAL = "formato", "identidad", "negocio", "seguridad", "tecnico"


@dataclass(frozen=True)
class ErrorKind:
    """One row of the table: HTTP status, class, Spanish message, whether a read may be repeated."""

    status: int
    clase: str
    message: str
    retryable: bool = False
    retry_after: int | None = None


ERRORS: dict[str, ErrorKind] = {
    "FMT-001": ErrorKind(400, FORMAT, "El NSS debe tener 11 dígitos y un dígito verificador correcto"),
    "FMT-002": ErrorKind(400, FORMAT, "La fecha de nacimiento no existe o está en el futuro"),
    "FMT-003": ErrorKind(400, FORMAT, "El agregado médico no tiene la forma correcta"),
    "FMT-004": ErrorKind(400, FORMAT, "Falta la fecha de nacimiento o el agregado médico"),
    "FMT-005": ErrorKind(400, FORMAT, "La CURP no tiene la forma correcta o su dígito verificador no coincide"),
    "FMT-006": ErrorKind(400, FORMAT, "El valor no está permitido"),
    "FMT-007": ErrorKind(400, FORMAT, "El teléfono debe tener 10 dígitos"),
    "FMT-008": ErrorKind(400, FORMAT, "El registro patronal no tiene la forma correcta"),
    "FMT-009": ErrorKind(400, TECHNICAL, "La petición no es JSON, es demasiado grande o trae un campo desconocido"),
    "FMT-010": ErrorKind(400, TECHNICAL, "Falta un campo obligatorio"),
    "IDE-001": ErrorKind(404, IDENTITY, "Datos no encontrados"),
    "IDE-002": ErrorKind(409, IDENTITY, "Más de un paciente coincide con los datos"),
    "IDE-003": ErrorKind(429, SECURITY, "Demasiados intentos de identificación", retry_after=3600),
    "VIG-001": ErrorKind(409, BUSINESS, "La persona no está vigente"),
    "VIG-002": ErrorKind(409, BUSINESS, "La adscripción no está concluida"),
    "VIG-003": ErrorKind(409, BUSINESS, "La persona no tiene derecho a ese servicio"),
    "CIT-001": ErrorKind(409, BUSINESS, "El horario ya no está disponible"),
    "CIT-002": ErrorKind(409, BUSINESS, "Faltan menos de 12 horas para el horario"),
    "CIT-003": ErrorKind(409, BUSINESS, "El horario está a más de 90 días"),
    "CIT-004": ErrorKind(409, BUSINESS, "El horario es inhábil o está bloqueado"),
    "CIT-005": ErrorKind(409, BUSINESS, "El núcleo familiar alcanzó su máximo de citas"),
    "CIT-006": ErrorKind(409, BUSINESS, "Se agotaron las citas del consultorio, turno y día"),
    "CIT-007": ErrorKind(409, BUSINESS, "El horario no es del consultorio o turno del paciente"),
    "CIT-008": ErrorKind(409, BUSINESS, "Ya no es posible cancelar la cita"),
    "CIT-009": ErrorKind(409, BUSINESS, "El estado de la cita no permite la operación"),
    "CIT-010": ErrorKind(404, BUSINESS, "La persona no tiene esa cita"),
    "SEM-001": ErrorKind(409, BUSINESS, "El expediente requiere una aclaración en la subdelegación"),
    "MST-001": ErrorKind(404, BUSINESS, "El ticket no existe"),
    "MST-002": ErrorKind(409, BUSINESS, "El ticket está cerrado"),
    "MST-003": ErrorKind(400, BUSINESS, "El servicio no está en el catálogo"),
    "GEN-401": ErrorKind(401, SECURITY, "Falta el token o no es válido"),
    "GEN-403": ErrorKind(403, SECURITY, "El token no permite la operación"),
    "GEN-404": ErrorKind(404, TECHNICAL, "El recurso no existe"),
    "GEN-405": ErrorKind(405, TECHNICAL, "El método no está permitido"),
    "GEN-409": ErrorKind(409, TECHNICAL, "La clave de idempotencia ya se usó con otro contenido"),
    "GEN-429": ErrorKind(429, TECHNICAL, "Demasiadas peticiones", retryable=True, retry_after=30),
    "GEN-500": ErrorKind(500, TECHNICAL, "Error interno", retryable=True),
    "GEN-502": ErrorKind(502, TECHNICAL, "Error en el sistema de origen", retryable=True),
    "GEN-503": ErrorKind(503, TECHNICAL, "Servicio fuera de operación", retryable=True, retry_after=60),
    "GEN-504": ErrorKind(504, TECHNICAL, "El sistema de origen no respondió a tiempo", retryable=True),
}
_UNLISTED = ErrorKind(500, TECHNICAL, "Error no catalogado")


class ServiceError(Exception):
    """An answer of the institution that is not the one asked for.

    `code` is a key of ERRORS, or, only when a fault asks for it, a code that no table lists. `field` names
    the part of the request at fault; `detail` replaces the table's message and never holds personal data.
    """

    def __init__(self, code: str, field: str | None = None, detail: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.kind = ERRORS.get(code, _UNLISTED)
        self.field = field
        self.message = detail or self.kind.message

    def body(self, request_id: str, now: datetime) -> dict[str, Any]:
        """The JSON object of services.md §10 for this error."""
        return {
            "resultado": "RECHAZO" if self.kind.clase == BUSINESS else "ERROR",
            "error": {
                "codigo": self.code,
                "mensaje": self.message,
                "clase": self.kind.clase,
                "campo": self.field,
                "reintentable": self.kind.retryable,
            },
            "id_peticion": request_id,
            "fecha": now.isoformat(),
        }
