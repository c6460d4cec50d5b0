// Of swagger-ui-dist, which brings no types: what this page says to it.
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  interface Options {
    spec: object;
    domNode: HTMLElement;
    validatorUrl: string | null;
    deepLinking: boolean;
    persistAuthorization: boolean;
    docExpansion: "list" | "full" | "none";
    defaultModelsExpandDepth: number;
    filter: boolean;
    supportedSubmitMethods: string[];
    syntaxHighlight: { activated: boolean; theme: string };
    requestInterceptor: (request: object) => object;
  }
  export default function SwaggerUIBundle(options: Options): unknown;
}
