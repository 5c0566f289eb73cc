terraform {
  # Write-only arguments and ephemeral resources, which keep passwords out of the state, want 1.11.
  required_version = ">= 1.11, < 2.0"

  # Where the state is: terraform init -backend-config=bucket=NAME
  backend "gcs" {
    prefix = "feature-platform/vm"
  }

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
  }
}

provider "google" {
  project        = var.project
  region         = local.region
  default_labels = local.labels
}
