# Where Cloud SQL's private addresses come from.
resource "google_compute_global_address" "services" {
  name          = "${var.name}-services"
  network       = module.ground.network
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
}

resource "google_service_networking_connection" "services" {
  network                 = module.ground.network
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]
  # Cloud SQL lets go of its addresses days after it is gone, and until then this could not be undone.
  deletion_policy = "ABANDON"
}
