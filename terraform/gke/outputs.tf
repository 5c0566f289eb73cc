locals {
  routes = "runLauncher.config.customRunLauncher.config.routes"
  limits = "dagsterDaemon.runCoordinator.config.customRunCoordinator.config"
}

output "helm_values" {
  description = "What to set on top of helm-values.yaml (dagster) and deploy/values.yaml (extras): paths as helm's --set takes them."
  value = {
    dagster = merge(
      {
        for part in ["postgresql", "dagsterWebserver", "dagsterDaemon", "dagster-user-deployments.deployments[0]"] :
        "${part}.image.repository" => module.ground.repository
      },
      {
        for part in ["dagsterWebserver", "dagsterDaemon", "dagster-user-deployments.deployments[0]"] :
        "${part}.image.tag" => "${var.image_tag}-cpu"
      },
      { "postgresql.image.tag" = "${var.image_tag}-pgbouncer" },
      merge([
        for route, image in { cpu                                                 = "cpu", gpu = "gpu", cpu-highmem = "cpu" } : {
          "${local.routes}.${route}.config.job_namespace"                         = var.namespace
          "${local.routes}.${route}.config.job_image"                             = module.ground.images[image]
          "${local.routes}.${route}.config.run_k8s_config.container_config.image" = module.ground.images[image]
        }
      ]...),
      {
        "${local.limits}.limits.cpu"          = tostring(var.runs.cpu)
        "${local.limits}.limits.gpu"          = tostring(var.runs.gpu)
        "${local.limits}.limits.cpu-highmem"  = tostring(var.runs.cpu_highmem)
        "${local.limits}.max_concurrent_runs" = tostring(sum(values(var.runs)))
      },
    )
    extras = {
      "image.repository"   = module.ground.repository
      "image.tag"          = "${var.image_tag}-cpu"
      "image.pgbouncerTag" = "${var.image_tag}-pgbouncer"
      "database.host"      = google_sql_database_instance.platform.private_ip_address
      "storage"            = "gs://${google_storage_bucket.data.name}"

      "dataAccountAnnotations.iam\\.gke\\.io/gcp-service-account" = google_service_account.data.email
    }
  }
}

output "images" {
  description = "Where to push the three images, each with its tag."
  value       = { for image in ["cpu", "gpu", "pgbouncer"] : image => module.ground.images[image] }
}

output "cluster" {
  description = "The command after which kubectl and helm reach the cluster."
  value       = "gcloud container clusters get-credentials ${google_container_cluster.platform.name} --location ${google_container_cluster.platform.location} --project ${var.project} --dns-endpoint"
}

output "password_secrets" {
  description = "Names of the secrets in Secret Manager by database user; their content is nowhere in Terraform."
  value       = { for user, secret in google_secret_manager_secret.database : user => secret.secret_id }
}

output "ui" {
  description = "Names of the address and certificate for the Ingress, and the address that ui_domain must lead to; null without ui_domain."
  value = one([
    for address in google_compute_global_address.ui : {
      address_name     = address.name
      certificate_name = google_compute_managed_ssl_certificate.ui[0].name
      address          = address.address
      domain           = var.ui_domain
    }
  ])
}
