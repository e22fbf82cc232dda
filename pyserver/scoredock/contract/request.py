"""What Flask's request has (every name was read from the `Request` of the server's pinned Flask 3.1)."""

from __future__ import annotations

from scoredock.contract.words import words

# Values, not methods: calling one fails.
PROPERTIES = frozenset(
    words(
        """data json form args values files headers cookies method path url base_url full_path host host_url root_url root_path
        content_type content_length content_encoding content_md5 mimetype mimetype_params remote_addr remote_user scheme stream
        is_json is_secure access_route accept_charsets accept_encodings accept_languages accept_mimetypes authorization
        blueprint blueprints cache_control date endpoint environ if_match if_modified_since if_none_match if_range
        if_unmodified_since input_stream is_multiprocess is_multithread is_run_once max_content_length max_form_memory_size
        max_form_parts max_forwards origin pragma query_string range referrer routing_exception script_root server trusted_hosts
        url_root url_rule user_agent view_args want_form_data_parsed access_control_request_headers
        access_control_request_method shallow"""
    )
)
CALLABLE = frozenset(
    words(
        """get_data get_json close on_json_loading_failed application from_values make_form_data_parser json_module
        dict_storage_class form_data_parser_class list_storage_class parameter_storage_class user_agent_class"""
    )
)
REQUEST_ATTRIBUTES = PROPERTIES | CALLABLE
