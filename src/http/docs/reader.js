// The base layout: the standalone one puts a style into the page, which the policy forbids.
// Without a validator nothing is asked of another site.
SwaggerUIBundle({
  url: "/OpenPEX/openapi.json",
  dom_id: "#reader",
  deepLinking: true,
  tryItOutEnabled: false,
  validatorUrl: null,
});
