"""The workspace in the cloud, behind the `Source` protocols of models/ and environment/ (an optional extra)."""
