# Made anew in every run of Terraform and written only where password_version changed: in no state, plan or output.
ephemeral "random_password" "database" {
  for_each = var.database_users

  length = 32
  # It stands in URLs and in pgbouncer's users.txt.
  special = false
}

resource "google_secret_manager_secret" "database" {
  for_each = var.database_users

  secret_id = "${var.name}-database-${replace(each.key, "_", "-")}"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [module.ground]
}

resource "google_secret_manager_secret_version" "database" {
  for_each = var.database_users

  secret                 = google_secret_manager_secret.database[each.key].id
  secret_data_wo         = ephemeral.random_password.database[each.key].result
  secret_data_wo_version = var.password_version
}

# Whoever installs the charts puts them into the cluster's Secrets; no account of a node or a pod may read them here.
resource "google_secret_manager_secret_iam_member" "operators" {
  for_each = { for pair in setproduct(var.database_users, var.operators) : join(" ", pair) => pair }

  secret_id = google_secret_manager_secret.database[each.value[0]].id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value[1]
}
