# Terraform's part of the way to the UI: address, certificate and who may pass. The cluster's part is an Ingress with
# these two and a BackendConfig that switches the proxy on, see docs/cluster.md.
locals {
  ui = var.ui_domain == null ? [] : [var.ui_domain]
}

resource "google_compute_global_address" "ui" {
  count = length(local.ui)
  name  = "${var.name}-ui"

  depends_on = [module.ground]
}

resource "google_compute_managed_ssl_certificate" "ui" {
  count = length(local.ui)
  name  = "${var.name}-ui"

  managed {
    domains = local.ui
  }

  depends_on = [module.ground]
}

# Of all that the proxy guards in this project: the load balancer's name is the Ingress's to give.
resource "google_iap_web_iam_member" "ui" {
  for_each = length(local.ui) > 0 ? var.ui_members : []

  project = var.project
  role    = "roles/iap.httpsResourceAccessor"
  member  = each.key

  depends_on = [module.ground]
}
