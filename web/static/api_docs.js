/** The description of the HTTP interface, drawn by Swagger UI from our own files; no other host is asked for anything. */

const { SwaggerUIBundle } = /** @type {any} */ (window);
const place = /** @type {HTMLElement} */ (document.querySelector("#swagger-ui"));

SwaggerUIBundle({
  url: place.dataset.openapi,
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null, // else a foreign host would be asked whether the description is valid
});
