/** Filled in by the file that `manage.py meanwhile_types` writes; empty, any controller and any method will do. */
declare namespace Meanwhile {
  interface Controllers {}
}
